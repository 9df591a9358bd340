import {
  type FieldError,
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "../schema/FieldError.ts";
import { isQuantity, nanosOf, quantityProblem } from "../schema/quantity.ts";
import { envName, labelName, portName, qualifiedName, subdomainName, configKeyName } from "./names.ts";
import type { Container, EnvVar, Handler, PodSpec, Probe, Resources, Volume } from "./shapes.ts";

/** What is wrong with a pod's spec, after defaulting. (core/validation, ValidatePodSpec) */
/** Ids of users and groups, as far as a kernel has them. */
function validateUsers(context: unknown, path: string, errors: FieldError[]): void {
  const ids = (context ?? {}) as Record<string, unknown>;
  const check = (id: unknown, field: string): void => {
    if (typeof id === "number" && (id < 0 || id > 2_147_483_647))
      errors.push(invalid(field, id, "must be between 0 and 2147483647, inclusive"));
  };
  for (const name of ["runAsUser", "runAsGroup", "fsGroup"]) check(ids[name], `${path}.${name}`);
  const groups = ids["supplementalGroups"];
  if (Array.isArray(groups)) groups.forEach((id, i) => check(id, `${path}.supplementalGroups[${i}]`));
}

export function validatePodSpec(spec: PodSpec, path: string, errors: FieldError[]): void {
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`, errors);
  const names = new Set<string>();
  if ((spec.containers ?? []).length === 0) errors.push(required(`${path}.containers`));
  const hostPorts = new Set<string>();
  validateContainers(
    spec.containers ?? [],
    `${path}.containers`,
    { spec, volumes, names, init: false, hostPorts },
    errors,
  );
  validateContainers(
    spec.initContainers ?? [],
    `${path}.initContainers`,
    { spec, volumes, names, init: true, hostPorts },
    errors,
  );
  validateUsers(spec["securityContext"], `${path}.securityContext`, errors);
  for (const list of ["containers", "initContainers"] as const) {
    spec[list]?.forEach(({ securityContext }, i) =>
      validateUsers(securityContext, `${path}.${list}[${i}].securityContext`, errors),
    );
  }
  // Not sorted, unlike the others.
  const policies = ["Always", "OnFailure", "Never"];
  if (spec.restartPolicy !== undefined && !policies.includes(spec.restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, policies));
  supported(
    spec.dnsPolicy,
    ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
    `${path}.dnsPolicy`,
    errors,
  );
  if (spec.serviceAccountName)
    nameProblems(subdomainName, spec.serviceAccountName, `${path}.serviceAccountName`, errors);
  if (spec.nodeName) nameProblems(subdomainName, spec.nodeName, `${path}.nodeName`, errors);
  if (spec.hostname) nameProblems(labelName, spec.hostname, `${path}.hostname`, errors);
  if (spec.subdomain) nameProblems(labelName, spec.subdomain, `${path}.subdomain`, errors);
  if (
    spec.activeDeadlineSeconds !== undefined &&
    (spec.activeDeadlineSeconds < 1 || spec.activeDeadlineSeconds > 2_147_483_647)
  ) {
    errors.push(
      invalid(
        `${path}.activeDeadlineSeconds`,
        spec.activeDeadlineSeconds,
        "must be between 1 and 2147483647, inclusive",
      ),
    );
  }
  validateTolerations(spec, path, errors);
  spec.topologySpreadConstraints?.forEach((constraint, i) => {
    const at = `${path}.topologySpreadConstraints[${i}]`;
    if ((constraint.maxSkew ?? 0) <= 0)
      errors.push(invalid(`${at}.maxSkew`, constraint.maxSkew ?? 0, "must be greater than zero"));
    if (!constraint.topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    supported(
      constraint.whenUnsatisfiable ?? "",
      ["DoNotSchedule", "ScheduleAnyway"],
      `${at}.whenUnsatisfiable`,
      errors,
    );
  });
}

const NOT_NEGATIVE = "must be greater than or equal to 0";

export function notNegative(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === "number" && value < 0) errors.push(invalid(field, value, NOT_NEGATIVE));
}

export function supported(
  value: string | undefined,
  values: readonly string[],
  field: string,
  errors: FieldError[],
): void {
  if (value === undefined || values.includes(value)) return;
  errors.push(value === "" ? required(field) : notSupported(field, value, [...values].toSorted()));
}

export function nameProblems(
  rule: (name: string) => readonly string[],
  value: string,
  field: string,
  errors: FieldError[],
): void {
  for (const problem of rule(value)) errors.push(invalid(field, value, problem));
}

const MANY_SOURCES = "may not specify more than 1 volume type";

function validateVolumes(volumes: readonly Volume[], path: string, errors: FieldError[]): Set<string> {
  const names = new Set<string>();
  volumes.forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const { name } = volume;
    if (!name) errors.push(required(`${at}.name`));
    else {
      nameProblems(labelName, name, `${at}.name`, errors);
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    validateSource(volume, at, errors);
  });
  return names;
}

function validateSource(volume: Volume, path: string, errors: FieldError[]): void {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  for (const extra of sources.slice(1)) errors.push(forbidden(`${path}.${extra}`, MANY_SOURCES));
  const part = (field: string): Record<string, unknown> | undefined =>
    volume[field] as Record<string, unknown> | undefined;
  if (part("configMap") && !part("configMap")!["name"]) errors.push(required(`${path}.configMap.name`));
  if (part("secret") && !part("secret")!["secretName"]) errors.push(required(`${path}.secret.secretName`));
  if (part("persistentVolumeClaim") && !part("persistentVolumeClaim")!["claimName"])
    errors.push(required(`${path}.persistentVolumeClaim.claimName`));
  if (part("hostPath") && !part("hostPath")!["path"]) errors.push(required(`${path}.hostPath.path`));
  if (part("csi") && !part("csi")!["driver"]) errors.push(required(`${path}.csi.driver`));
  const nfs = part("nfs");
  if (nfs) {
    if (!nfs["server"]) errors.push(required(`${path}.nfs.server`));
    if (!nfs["path"]) errors.push(required(`${path}.nfs.path`));
    else if (typeof nfs["path"] === "string" && !nfs["path"].startsWith("/"))
      errors.push(invalid(`${path}.nfs.path`, nfs["path"], "must be an absolute path"));
  }
}

interface Around {
  readonly spec: PodSpec;
  readonly volumes: ReadonlySet<string>;
  readonly names: Set<string>;
  readonly init: boolean;
  readonly hostPorts: Set<string>;
}

function validateContainers(
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
  supported(
    container.terminationMessagePolicy,
    ["File", "FallbackToLogsOnError"],
    `${path}.terminationMessagePolicy`,
    errors,
  );
  validatePorts(container, path, around, errors);
  container.env?.forEach((one, i) => validateEnv(one, `${path}.env[${i}]`, errors));
  container.envFrom?.forEach((source, i) => {
    const count = Number(source.configMapRef !== undefined) + Number(source.secretRef !== undefined);
    const at = `${path}.envFrom[${i}]`;
    if (count === 0) errors.push(invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (count > 1) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
    if (source.configMapRef && !source.configMapRef.name) errors.push(required(`${at}.configMapRef.name`));
    if (source.secretRef && !source.secretRef.name) errors.push(required(`${at}.secretRef.name`));
  });
  validateMounts(container, path, around.volumes, errors);
  validateResources(container.resources ?? {}, `${path}.resources`, errors);
  validateRunning(container, path, around, errors);
}

/** Sidecars (init containers that go on) may have what other init containers may not. */
function validateRunning(container: Container, path: string, { init }: Around, errors: FieldError[]): void {
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
    if (container.lifecycle[hook] !== undefined)
      validateHandler(container.lifecycle[hook], `${path}.lifecycle.${hook}`, errors);
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

export function validatePort(port: number, field: string, errors: FieldError[]): void {
  if (port < 1 || port > 65_535) errors.push(invalid(field, port, "must be between 1 and 65535, inclusive"));
}

function validatePortOrName(port: number | string | undefined, field: string, errors: FieldError[]): void {
  if (typeof port === "string") nameProblems(portName, port, field, errors);
  else validatePort(port ?? 0, field, errors);
}

function validateEnv(one: EnvVar, path: string, errors: FieldError[]): void {
  if (!one.name) errors.push(required(`${path}.name`));
  else nameProblems(envName, one.name, `${path}.name`, errors);
  const from = one.valueFrom;
  if (from === undefined) return;
  const at = `${path}.valueFrom`;
  const count = Object.values(from).filter((source) => source !== undefined).length;
  if (count === 0)
    errors.push(
      invalid(
        at,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    );
  if (one.value) errors.push(invalid(at, "", "may not be specified when `value` is not empty"));
  if (count > 1) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
  if (from.fieldRef) {
    const field = from.fieldRef.fieldPath ?? "";
    if (field === "") errors.push(required(`${at}.fieldRef.fieldPath`));
    else if (!isFieldPath(field))
      errors.push(
        invalid(
          `${at}.fieldRef.fieldPath`,
          field,
          "error converting fieldPath: field label not supported: " + field,
        ),
      );
  }
  for (const kind of ["configMapKeyRef", "secretKeyRef"] as const) {
    const ref = from[kind];
    if (ref === undefined) continue;
    if (!ref.name) errors.push(required(`${at}.${kind}.name`));
    if (!ref.key) errors.push(required(`${at}.${kind}.key`));
    else nameProblems(configKeyName, ref.key, `${at}.${kind}.key`, errors);
  }
}

const fieldPaths = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

const isFieldPath = (path: string): boolean =>
  fieldPaths.has(path) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(path);

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
    if (mount.subPath) validateSubPath(mount.subPath, `${at}.subPath`, errors);
    if (mount.subPath && mount.subPathExpr) {
      errors.push(
        invalid(`${at}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"),
      );
    }
  });
}

function validateSubPath(path: string, field: string, errors: FieldError[]): void {
  if (path.startsWith("/")) errors.push(invalid(field, path, "must be a relative path"));
  if (path.split("/").includes("..")) errors.push(invalid(field, path, "must not contain '..'"));
}

/** Requests and limits; requests above their limits are refused. */
function validateResources(resources: Resources, path: string, errors: FieldError[]): void {
  for (const list of ["limits", "requests"] as const) {
    for (const [name, amount] of Object.entries(resources[list] ?? {})) {
      const field = `${path}.${list}[${name}]`;
      if (qualifiedName(name).length > 0) nameProblems(qualifiedName, name, field, errors);
      else if (!name.includes("/") && !/^(cpu|memory|ephemeral-storage|storage|hugepages-.+)$/.test(name)) {
        errors.push(invalid(field, name, "must be a standard resource for containers"));
      }
      if (!isQuantity(amount)) errors.push(invalid(field, amount, quantityProblem));
      else if (nanosOf(amount)! < 0n) errors.push(invalid(field, amount, NOT_NEGATIVE));
    }
  }
  for (const [name, request] of Object.entries(resources.requests ?? {})) {
    const limit = resources.limits?.[name];
    if (limit === undefined) continue;
    const wanted = nanosOf(request);
    const most = nanosOf(limit);
    if (wanted !== undefined && most !== undefined && wanted > most) {
      errors.push(
        invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
      );
    }
  }
}

function validateProbe(probe: Probe, path: string, errors: FieldError[]): void {
  validateHandler(probe, path, errors);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    notNegative(probe[field], `${path}.${field}`, errors);
  }
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    errors.push(
      invalid(
        `${path}.terminationGracePeriodSeconds`,
        probe.terminationGracePeriodSeconds,
        "must be greater than 0",
      ),
    );
  }
}

function validateHandler(handler: Handler, path: string, errors: FieldError[]): void {
  let count = 0;
  for (const kind of ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const) {
    if (handler[kind] === undefined) continue;
    if (++count > 1) errors.push(forbidden(`${path}.${kind}`, "may not specify more than 1 handler type"));
  }
  if (count === 0) errors.push(required(path, "must specify a handler type"));
  if (handler.exec && (handler.exec.command ?? []).length === 0)
    errors.push(required(`${path}.exec.command`));
  if (handler.httpGet) {
    validatePortOrName(handler.httpGet.port, `${path}.httpGet.port`, errors);
    supported(handler.httpGet.scheme, ["HTTP", "HTTPS"], `${path}.httpGet.scheme`, errors);
  }
  if (handler.tcpSocket) validatePortOrName(handler.tcpSocket.port, `${path}.tcpSocket.port`, errors);
  if (handler.grpc) validatePort(handler.grpc.port ?? 0, `${path}.grpc.port`, errors);
}

function validateTolerations(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.tolerations?.forEach((toleration, i) => {
    const at = `${path}.tolerations[${i}]`;
    if (toleration.key) nameProblems(qualifiedName, toleration.key, `${at}.key`, errors);
    else if (toleration.operator !== "Exists")
      errors.push(
        invalid(
          `${at}.operator`,
          toleration.operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.operator === "Exists" && toleration.value)
      errors.push(
        invalid(`${at}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"),
      );
    supported(toleration.operator || undefined, ["Equal", "Exists"], `${at}.operator`, errors);
    supported(
      toleration.effect || undefined,
      ["NoSchedule", "PreferNoSchedule", "NoExecute"],
      `${at}.effect`,
      errors,
    );
  });
}
