import type { ObjectMeta } from "../../../../contract/index.ts";
import type { Level } from "./policy.ts";

/** What of a pod, or of a template, the checks look at. */
export interface CheckedPod {
  readonly metadata?: Pick<ObjectMeta, "annotations">;
  readonly spec: CheckedSpec;
}

export interface CheckedSpec {
  readonly initContainers?: readonly CheckedContainer[];
  readonly containers?: readonly CheckedContainer[];
  readonly ephemeralContainers?: readonly CheckedContainer[];
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly { readonly name?: string }[] };
  readonly volumes?: readonly ({ readonly name?: string } & Readonly<Record<string, unknown>>)[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly os?: { readonly name?: string };
}

export interface CheckedContainer {
  readonly name?: string;
  readonly image?: string;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly securityContext?: SecurityContext;
  readonly livenessProbe?: CheckedHandler;
  readonly readinessProbe?: CheckedHandler;
  readonly startupProbe?: CheckedHandler;
  readonly lifecycle?: { readonly postStart?: CheckedHandler; readonly preStop?: CheckedHandler };
}

export interface CheckedHandler {
  readonly httpGet?: { readonly host?: string };
  readonly tcpSocket?: { readonly host?: string };
}

export interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly procMount?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}

/** What a check has against a pod: `reason (detail)`. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type CheckPod = (pod: CheckedPod) => Violation | undefined;

/** One rule, as it was from each minor version on. */
export interface Check {
  readonly id: string;
  readonly level: Exclude<Level, "privileged">;
  /** Ascending. */
  readonly versions: readonly { readonly since: number; readonly check: CheckPod }[];
  /** The baseline check that is left out where this one is made. */
  readonly overrides?: string;
}

export const containersOf = ({ spec }: CheckedPod): CheckedContainer[] => [
  ...(spec.initContainers ?? []),
  ...(spec.containers ?? []),
  ...(spec.ephemeralContainers ?? []),
];

export const namesWhere = (pod: CheckedPod, test: (container: CheckedContainer) => boolean): string[] =>
  containersOf(pod)
    .filter(test)
    .map(({ name = "" }) => name);

export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(", ");
export const plural = (one: string, several: string, count: number): string => (count === 1 ? one : several);
export const containersText = (names: readonly string[]): string =>
  `${plural("container", "containers", names.length)} ${quoted(names)}`;

/** Sorted as Go sorts: by bytes; each once. */
export const setOf = (values: Iterable<string>): string[] => [...new Set(values)].toSorted(byBytes);
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `pod and containers "a", "b"`: who set something bad; empty when nobody did. */
export function setters(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ["pod"] : []), ...(names.length > 0 ? [containersText(names)] : [])].join(" and ");
}

/** A rule that is not made where the pod has user ids of its own. */
export const unlessUserNamespace =
  (check: CheckPod): CheckPod =>
  (pod) =>
    pod.spec.hostUsers === false ? undefined : check(pod);

/** A rule that is not made for pods of Windows, which have nothing like it. */
export const unlessWindows =
  (check: CheckPod): CheckPod =>
  (pod) =>
    pod.spec.os?.name === "windows" ? undefined : check(pod);
