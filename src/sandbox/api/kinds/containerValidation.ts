import {
  type FieldError,
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "../schema/FieldError.ts";
import { validateEnv, validateEnvFrom } from "./environmentValidation.ts";
import { nameProblems, supported, validatePort } from "./fieldRules.ts";
import { labelName, portName } from "./names.ts";
import { validateHandler, validateProbe } from "./probeValidation.ts";
import { validateResources } from "./resourceValidation.ts";
import { validateContainerContext } from "./securityValidation.ts";
import type { Container } from "./shapes.ts";

/** What the containers of one pod have in common. */
interface Around {
  /** Names of the pod's volumes. */
  readonly volumes: ReadonlySet<string>;
  /** Of the containers so far. */
  readonly names: Set<string>;
  readonly init: boolean;
  /** That the containers so far have. */
  readonly hostPorts: Set<string>;
  /** Seconds that the pod has for its end. */
  readonly grace: number;
  readonly hostUsers: boolean | undefined;
}

export function validateContainers(
  containers: readonly Container[],
  path: string,
  around: Around,
  errors: FieldError[],
): void {
  containers.forEach((container, i) => validateContainer(container, `${path}[${i}]`, around, errors));
}

function validateContainer(container: Container, path: string, around: Around, errors: FieldError[]): void {
  const { name } = container;
  if (!name) errors.push(required(`${path}.name`));
  else {
    nameProblems(labelName, name, `${path}.name`, errors);
    if (around.names.has(name)) errors.push(duplicate(`${path}.name`, name));
    around.names.add(name);
  }
  if (!container.image) errors.push(required(`${path}.image`));
  else if (container.image !== container.image.trim())
    errors.push(invalid(`${path}.image`, container.image, "must not have leading or trailing whitespace"));
  supported(
    container.imagePullPolicy,
    ["Always", "IfNotPresent", "Never"],
    `${path}.imagePullPolicy`,
    errors,
  );
  // Not sorted, unlike the others.
  const policies = ["File", "FallbackToLogsOnError"];
  const policy = container.terminationMessagePolicy;
  if (policy !== undefined && !policies.includes(policy))
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, policies));
  validatePorts(container, path, around, errors);
  container.env?.forEach((one, i) => validateEnv(one, `${path}.env[${i}]`, errors));
  container.envFrom?.forEach((source, i) => validateEnvFrom(source, `${path}.envFrom`, i, errors));
  validateMounts(container, path, around.volumes, errors);
  validateResources(container.resources ?? {}, `${path}.resources`, errors);
  validateContainerContext(container.securityContext ?? {}, `${path}.securityContext`, around, errors);
  validateRunning(container, path, around, errors);
}

/** Sidecars (init containers that go on) may have what other init containers may not. */
function validateRunning(
  container: Container,
  path: string,
  { init, grace }: Around,
  errors: FieldError[],
): void {
  const sidecar = init && container.restartPolicy === "Always";
  if (container.restartPolicy !== undefined && init)
    supported(container.restartPolicy, ["Always", "Never", "OnFailure"], `${path}.restartPolicy`, errors);
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[field];
    if (probe === undefined) continue;
    if (init && !sidecar)
      errors.push(
        forbidden(`${path}.${field}`, "may not be set for init containers without restartPolicy=Always"),
      );
    validateProbe(probe, `${path}.${field}`, errors);
    if (field === "readinessProbe" && probe.terminationGracePeriodSeconds !== undefined)
      errors.push(
        invalid(
          `${path}.${field}.terminationGracePeriodSeconds`,
          probe.terminationGracePeriodSeconds,
          "must not be set for readinessProbes",
        ),
      );
    if (field !== "readinessProbe" && probe.successThreshold !== 1) {
      errors.push(invalid(`${path}.${field}.successThreshold`, probe.successThreshold, "must be 1"));
    }
  }
  if (container.lifecycle === undefined) return;
  if (init && !sidecar)
    errors.push(
      forbidden(`${path}.lifecycle`, "may not be set for init containers without restartPolicy=Always"),
    );
  for (const hook of ["postStart", "preStop"] as const) {
    const handler = container.lifecycle[hook];
    if (handler === undefined) continue;
    validateHandler(handler, `${path}.lifecycle.${hook}`, errors);
    const seconds = handler.sleep?.seconds ?? 0;
    if (seconds < 0 || seconds > grace)
      errors.push(
        invalid(
          `${path}.lifecycle.${hook}.sleep`,
          seconds,
          `must be non-negative and less than terminationGracePeriodSeconds (${grace})`,
        ),
      );
  }
}

function validatePorts(
  container: Container,
  path: string,
  { hostPorts, init }: Around,
  errors: FieldError[],
): void {
  const names = new Set<string>();
  container.ports?.forEach((port, i) => {
    const at = `${path}.ports[${i}]`;
    if (port.name) {
      const problems = portName(port.name);
      if (problems.length > 0) nameProblems(portName, port.name, `${at}.name`, errors);
      else if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else validatePort(port.containerPort, `${at}.containerPort`, errors);
    if (port.hostPort) {
      validatePort(port.hostPort, `${at}.hostPort`, errors);
      const id = `${port.hostIP ?? ""}/${port.hostPort}/${port.protocol ?? ""}`;
      if (!init && hostPorts.has(id))
        errors.push(duplicate(`${at}.hostPort`, `${port.protocol}/${port.hostIP ?? ""}/${port.hostPort}`));
      hostPorts.add(id);
    }
    supported(port.protocol, ["SCTP", "TCP", "UDP"], `${at}.protocol`, errors);
  });
}

function validateMounts(
  container: Container,
  path: string,
  volumes: ReadonlySet<string>,
  errors: FieldError[],
): void {
  const paths = new Set<string>();
  container.volumeMounts?.forEach((mount, i) => {
    const at = `${path}.volumeMounts[${i}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    else {
      if (paths.has(mount.mountPath))
        errors.push(invalid(`${at}.mountPath`, mount.mountPath, "must be unique"));
      paths.add(mount.mountPath);
    }
    if (mount.subPath) validateSubPath(mount.subPath, `${path}.volumeMounts.subPath`, errors);
    if (mount.subPath && mount.subPathExpr) {
      errors.push(
        invalid(`${at}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"),
      );
    }
    supported(
      mount.mountPropagation,
      ["Bidirectional", "HostToContainer", "None"],
      `${path}.volumeMounts.mountPropagation`,
      errors,
    );
  });
}

function validateSubPath(path: string, field: string, errors: FieldError[]): void {
  if (path.startsWith("/")) errors.push(invalid(field, path, "must be a relative path"));
  if (path.split("/").includes("..")) errors.push(invalid(field, path, "must not contain '..'"));
}
