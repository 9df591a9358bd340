import type { KubeObject } from "../../src/contract/index.ts";
import type { KubeClient } from "../../src/kube/KubeClient.ts";

const kinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ["apps/v1", "DaemonSet"],
  ["apps/v1", "Deployment"],
  ["apps/v1", "ReplicaSet"],
  ["apps/v1", "ControllerRevision"],
  ["autoscaling/v2", "HorizontalPodAutoscaler"],
  ["batch/v1", "CronJob"],
  ["batch/v1", "Job"],
  ["discovery.k8s.io/v1", "EndpointSlice"],
  ["policy/v1", "PodDisruptionBudget"],
  ["v1", "Endpoints"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Pod"],
  ["v1", "ResourceQuota"],
  ["v1", "Service"],
  ["v1", "ServiceAccount"],
  ["v1", "ConfigMap"],
];

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const tokenVolume = /\bkube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
/** The end of a generated name whose object is gone already. */
const ending = /(?<=-<hash>-|\ba-(?:\d+-)?)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const address = /\b10\.\d+\.\d+\.\d+\b/g;

/**
 * All that controllers left in a namespace, with its events, in a form that can be compared: what a server makes up (names, hashes, uids,
 * addresses, times) is named, who owns which field is left out, as are versions.
 */
export async function endState(client: KubeClient, namespace: string): Promise<Record<string, unknown>> {
  const lists = await Promise.all(
    kinds.map(async ([apiVersion, kind]) => (await client.list({ apiVersion, kind }, { namespace })).items),
  );
  const { items: events } = await client.list({ apiVersion: "v1", kind: "Event" }, { namespace });
  const objects = lists.flatMap((items, index) =>
    items.map((item): KubeObject => ({
      ...item,
      apiVersion: kinds[index]?.[0] ?? "",
      kind: kinds[index]?.[1] ?? "",
    })),
  );
  const plain = namer([...objects, ...events], namespace);
  const state: Record<string, unknown> = {};
  for (const object of objects) {
    const { resourceVersion: _version, managedFields: _owners, uid: _uid, ...metadata } = object.metadata;
    const shown = plain({ ...object, metadata }) as KubeObject;
    const where = `${shown.kind} ${shown.metadata.name}`;
    for (let n = 1; ; n++) {
      const key = n === 1 ? where : `${where} (${n})`;
      if (key in state) continue;
      // How often a slice was written hangs on what came together.
      if (shown.kind === "EndpointSlice") delete shown.metadata.generation;
      state[key] = shown;
      break;
    }
  }
  // Every cluster has its own authority, and ours no moment at which an endpoint changed.
  for (const object of Object.values(state) as KubeObject[]) {
    if (object.metadata.name === "kube-root-ca.crt") delete object["data"];
    if (object.kind === "EndpointSlice") delete object.metadata.annotations;
  }
  const told = events.map((event) => {
    const { kind, name } = event["involvedObject"] as { kind: string; name: string };
    const { component } = (event["source"] ?? {}) as { component?: string };
    return plain(
      `${kind} ${name}: ${String(event["type"])} ${String(event["reason"])} by ${component ?? String(event["reportingComponent"])}: ${messageOf(event)}`,
    );
  });
  state["events"] = [...new Set(told as string[])].toSorted();
  return state;
}

/** How often something was tried until it worked hangs on timing; from the tenth time on a real server puts this before it. */
const messageOf = (event: KubeObject): string =>
  String(event["message"]).replace(/^\(combined from similar events\): /, "");

/** Replaces in any value what a server made up. */
function namer(objects: readonly KubeObject[], namespace: string): (value: unknown) => unknown {
  const names = new Map<string, string>([[namespace, "<namespace>"]]);
  for (const { kind, metadata } of objects) {
    const { name = "", generateName = "", labels = {} } = metadata;
    const hash = labels["pod-template-hash"] ?? labels["controller-revision-hash"];
    if (hash !== undefined) names.set(hash, "<hash>");
    if (kind === "ControllerRevision") names.set(name.slice(name.lastIndexOf("-") + 1), "<hash>");
    if (generateName !== "" && name.startsWith(generateName))
      names.set(name.slice(generateName.length), "<generated>");
  }
  const found = [...names].toSorted(([a], [b]) => b.length - a.length);
  const text = (value: string): string => {
    let result = value.replace(uid, "<uid>").replace(time, "<time>").replace(address, "<address>");
    for (const [name, shown] of found) result = result.replaceAll(name, shown);
    return result.replace(tokenVolume, "kube-api-access-<generated>").replace(ending, "<generated>");
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        // Times that nobody set: a real server writes them as null.
        .filter(([, inner]) => inner !== null)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [text(key), walk(inner)]),
    );
  };
  return walk;
}
