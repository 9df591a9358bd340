import {
  containersOf,
  containersText,
  namesWhere,
  plural,
  quoted,
  setOf,
  setters,
  type CheckPod,
  type SecurityContext,
} from "./Check.ts";

const isAllowedAnnotation = (value: string): boolean =>
  value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");

/** As it was said before there was a field. */
export const seccompAnnotations: CheckPod = (pod) => {
  const annotations = pod.metadata?.annotations ?? {};
  const keys = [
    "seccomp.security.alpha.kubernetes.io/pod",
    ...namesWhere(pod, () => true).map((name) => `container.seccomp.security.alpha.kubernetes.io/${name}`),
  ];
  const bad = setOf(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isAllowedAnnotation(value) ? [] : [`${key}=${JSON.stringify(value)}`];
    }),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `forbidden ${plural("annotation", "annotations", bad.length)} ${bad.join(", ")}`,
  };
};

const isAllowedSeccomp = ({ seccompProfile }: SecurityContext = {}): boolean =>
  ["RuntimeDefault", "Localhost"].includes(seccompProfile?.type ?? "");

/** A profile that is set, and is not allowed. */
export const allowedSeccomp: CheckPod = (pod) => {
  const isBad = (context: SecurityContext | undefined): boolean =>
    context?.seccompProfile !== undefined && !isAllowedSeccomp(context);
  const contexts = [
    pod.spec.securityContext,
    ...containersOf(pod).map(({ securityContext }) => securityContext),
  ];
  const who = setters(
    isBad(pod.spec.securityContext),
    namesWhere(pod, ({ securityContext }) => isBad(securityContext)),
  );
  if (who === "") return undefined;
  const values = setOf(contexts.filter(isBad).map((context) => context?.seccompProfile?.type ?? ""));
  return {
    reason: "seccompProfile",
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}`,
  };
};

/** And one that is not set. */
export const requiredSeccomp: CheckPod = (pod) => {
  const bad = allowedSeccomp(pod);
  if (bad !== undefined) return bad;
  const own = isAllowedSeccomp(pod.spec.securityContext);
  const silent = namesWhere(
    pod,
    ({ securityContext }) => !own && securityContext?.seccompProfile === undefined,
  );
  if (silent.length === 0) return undefined;
  return {
    reason: "seccompProfile",
    detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
