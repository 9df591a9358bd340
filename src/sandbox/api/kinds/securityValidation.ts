import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { supported } from "./fieldRules.ts";
import type { PodSpec } from "./shapes.ts";

interface SeccompProfile {
  type?: string;
  localhostProfile?: string;
}

interface SecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  seccompProfile?: SeccompProfile;
}

interface ContainerContext extends SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  procMount?: string;
  capabilities?: { add?: string[] };
}

interface PodContext extends SecurityContext {
  fsGroup?: number;
  fsGroupChangePolicy?: string;
  supplementalGroups?: number[];
}

/** Of users and groups, as far as a kernel has them. */
function validateId(id: number | undefined, field: string, errors: FieldError[]): void {
  if (id !== undefined && (id < 0 || id > 2_147_483_647))
    errors.push(invalid(field, id, "must be between 0 and 2147483647, inclusive"));
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string, errors: FieldError[]): void {
  if (profile === undefined) return;
  const { type = "", localhostProfile } = profile;
  const types = ["Localhost", "RuntimeDefault", "Unconfined"];
  if (type === "") errors.push(required(`${path}.type`, "type is required when seccompProfile is set"));
  else if (!types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (type === "Localhost" && localhostProfile === undefined)
    errors.push(required(`${path}.localhostProfile`, "must be set when seccomp type is Localhost"));
  if (type !== "Localhost" && localhostProfile !== undefined)
    errors.push(
      invalid(`${path}.localhostProfile`, profile, "can only be set when seccomp type is Localhost"),
    );
}

/** Of a container. (core/validation, ValidateSecurityContext) */
export function validateContainerContext(
  context: ContainerContext,
  path: string,
  { hostUsers }: Pick<PodSpec, "hostUsers">,
  errors: FieldError[],
): void {
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  supported(context.procMount, ["Default", "Unmasked"], `${path}.procMount`, errors);
  if (context.procMount === "Unmasked" && hostUsers !== false)
    errors.push(
      invalid(`${path}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`"),
    );
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.allowPrivilegeEscalation !== false) return;
  const cannot = (what: string): void => {
    errors.push(invalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`));
  };
  if (context.privileged === true) cannot("`privileged` to true");
  if (context.capabilities?.add?.includes("CAP_SYS_ADMIN") === true)
    cannot("`capabilities.Add` CAP_SYS_ADMIN");
}

/** Of a whole pod. (core/validation, validatePodSpecSecurityContext) */
export function validatePodContext(spec: PodSpec, path: string, errors: FieldError[]): void {
  const context = (spec.securityContext ?? {}) as PodContext;
  validateId(context.fsGroup, `${path}.fsGroup`, errors);
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  context.supplementalGroups?.forEach((id, i) => validateId(id, `${path}.supplementalGroups[${i}]`, errors));
  if (spec.shareProcessNamespace === true && spec.hostPID === true)
    errors.push(
      invalid(
        `${path}.shareProcessNamespace`,
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  supported(context.fsGroupChangePolicy, ["Always", "OnRootMismatch"], `${path}.fsGroupChangePolicy`, errors);
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
}
