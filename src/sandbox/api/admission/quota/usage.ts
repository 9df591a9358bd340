import type { KubeObject } from "../../../../contract/index.ts";
import type { Container, PodSpec } from "../../kinds/shapes.ts";
import { nanosOf, roundedUp } from "../../schema/quantity.ts";
import { sum, type Amounts } from "../amounts.ts";
import { podAmounts } from "../podAmounts.ts";

/** A kind as a quota names it. */
export interface CountedKind {
  readonly group: string;
  readonly plural: string;
}

/** `count/deployments.apps`. */
export const countName = ({ group, plural }: CountedKind): string =>
  `count/${plural}${group === "" ? "" : `.${group}`}`;

const isCore = (kind: CountedKind, plural: string): boolean => kind.group === "" && kind.plural === plural;

/** Names without `count/` that are older than it. */
const aliases: readonly string[] = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"];

const computeNames = ["cpu", "memory", "ephemeral-storage"];
const podNames: readonly string[] = [
  "pods",
  ...computeNames.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
];
const native = /^(requests\.)?(hugepages-.*|cpu|memory|ephemeral-storage|storage)$/;
const serviceNames: readonly string[] = ["services", "services.loadbalancers", "services.nodeports"];
const claimNames: readonly string[] = ["persistentvolumeclaims", "requests.storage"];
const ofClass = ".storageclass.storage.k8s.io/";

/** The names among a quota's that a kind can use up. */
export function namesUsedBy(kind: CountedKind, names: readonly string[]): string[] {
  const count = countName(kind);
  const uses = (name: string): boolean => {
    if (name === count) return true;
    if (kind.group !== "") return false;
    if (kind.plural === "services") return serviceNames.includes(name);
    if (kind.plural === "persistentvolumeclaims")
      return claimNames.includes(name) || claimNames.some((one) => name.endsWith(`${ofClass}${one}`));
    if (kind.plural !== "pods") return aliases.includes(name) && name === kind.plural;
    return (
      podNames.includes(name) ||
      /^(requests\.)?hugepages-/.test(name) ||
      (name.startsWith("requests.") && !native.test(name))
    );
  };
  return names.filter(uses);
}

/** What one object uses, of everything that a quota may name. `now` in milliseconds. */
export function usageOf(kind: CountedKind, object: KubeObject, now: number): Amounts {
  const one: Amounts = { [countName(kind)]: "1" };
  if (isCore(kind, "pods")) return isOver(object, now) ? one : { ...one, ...podUsage(object) };
  if (isCore(kind, "services")) return { ...one, ...serviceUsage(object) };
  if (isCore(kind, "persistentvolumeclaims")) return { ...one, ...claimUsage(object) };
  if (kind.group === "" && aliases.includes(kind.plural)) return { ...one, [kind.plural]: "1" };
  return one;
}

/** A pod that has ended, or whose time to end is long over, uses nothing but its place among the objects. */
function isOver({ metadata, ...pod }: KubeObject, now: number): boolean {
  const { phase } = (pod["status"] ?? {}) as { phase?: string };
  if (phase === "Succeeded" || phase === "Failed") return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return false;
  return now > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

const podUsage = (pod: KubeObject): Amounts => {
  const spec = (pod.spec ?? {}) as PodSpec;
  return computeUsage(podAmounts(spec, "requests"), podAmounts(spec, "limits"));
};

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const result: Record<string, string> = { pods: "1" };
  for (const [name, amount] of Object.entries(requests)) {
    if (computeNames.includes(name) || name.startsWith("hugepages-")) result[name] = amount;
    result[`requests.${name}`] = amount;
  }
  for (const name of computeNames) {
    const amount = limits[name];
    if (amount !== undefined) result[`limits.${name}`] = amount;
  }
  return result;
}

function serviceUsage(service: KubeObject): Amounts {
  const spec = (service.spec ?? {}) as {
    type?: string;
    ports?: { nodePort?: number }[];
    allocateLoadBalancerNodePorts?: boolean;
  };
  const balanced = spec.type === "LoadBalancer";
  const ports = spec.ports ?? [];
  const nodePorts =
    balanced && spec.allocateLoadBalancerNodePorts === false
      ? ports.filter(({ nodePort }) => nodePort).length
      : balanced || spec.type === "NodePort"
        ? ports.length
        : 0;
  return {
    services: "1",
    "services.loadbalancers": balanced ? "1" : "0",
    "services.nodeports": String(nodePorts),
  };
}

function claimUsage(claim: KubeObject): Amounts {
  const spec = (claim.spec ?? {}) as Pick<Container, "resources"> & { storageClassName?: string };
  const name =
    claim.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec.storageClassName ?? "";
  const storage = spec.resources?.requests?.["storage"];
  const used: Record<string, string> = { persistentvolumeclaims: "1" };
  if (storage !== undefined && nanosOf(storage) !== undefined) used["requests.storage"] = roundedUp(storage);
  if (name === "") return used;
  return sum(
    used,
    Object.fromEntries(Object.entries(used).map(([what, amount]) => [`${name}${ofClass}${what}`, amount])),
  );
}

/** Of these a pod has to say what it needs, in each container, once a quota names them. */
const toBeSaid: readonly string[] = ["cpu", "memory"].flatMap((name) => [
  name,
  `limits.${name}`,
  `requests.${name}`,
]);

/** What a pod leaves unsaid although a quota limits it: `must specify limits.cpu for: main`. */
export function unsaid(kind: CountedKind, names: readonly string[], object: KubeObject): string | undefined {
  if (!isCore(kind, "pods")) return undefined;
  const spec = (object.spec ?? {}) as PodSpec & { resources?: Container["resources"] };
  if (["requests", "limits"].some((sort) => isSet(spec.resources?.[sort as "requests"]))) return undefined;
  const wanted = toBeSaid.filter((name) => names.includes(name));
  const missing = new Map<string, string[]>();
  for (const { name = "", resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const said = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
    for (const what of wanted)
      if (said[what] === undefined) missing.set(what, [...(missing.get(what) ?? []), name]);
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, containers]) => `${what} for: ${[...new Set(containers)].toSorted().join(",")}`);
  return `must specify ${parts.join("; ")}`;
}

const isSet = (amounts: Amounts | undefined): boolean => Object.keys(amounts ?? {}).length > 0;
