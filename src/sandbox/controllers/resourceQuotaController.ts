import type { KubeObject } from "../../contract/index.ts";
import type { KindInfo } from "../../kube/KindInfo.ts";
import { masked, namesOf, sum, type Amounts } from "../api/admission/amounts.ts";
import { isInScope, type Scoped } from "../api/admission/quota/scopes.ts";
import { countName, namesUsedBy, usageOf } from "../api/admission/quota/usage.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Controller, ControllerContext, Watch } from "./runtime/Controller.ts";

interface ResourceQuota extends KubeObject {
  spec?: Scoped & { hard?: Amounts };
  status?: { hard?: Amounts; used?: Amounts };
}

const quotas = (context: ControllerContext) => context.store<ResourceQuota>("v1", "ResourceQuota");
const inNamespaceOf = (object: KubeObject, context: ControllerContext): string[] =>
  quotas(context).list(object.metadata.namespace).map(keyOf);

/** Kinds whose coming and going is heard of at once; what a quota counts besides is looked at from time to time. */
const watched: readonly (readonly [apiVersion: string, kind: string])[] = [
  ["v1", "Pod"],
  ["v1", "Service"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "ConfigMap"],
  ["v1", "Secret"],
  ["apps/v1", "Deployment"],
  ["apps/v1", "ReplicaSet"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "DaemonSet"],
  ["batch/v1", "Job"],
  ["batch/v1", "CronJob"],
  ["networking.k8s.io/v1", "Ingress"],
];
const lookAgain = 5000;

/**
 * Counts what a namespace uses of its quotas: at first, and whenever something goes. What comes is counted by admission. Everything is read
 * from the server after the quota itself, so that a count in which something was missed is refused as stale.
 */
export const resourceQuotaController: Controller = {
  name: "resourcequota-controller",
  watches: [
    { apiVersion: "v1", kind: "ResourceQuota", keys: inNamespaceOf },
    ...watched.map(([apiVersion, kind]): Watch => ({ apiVersion, kind, keys: inNamespaceOf })),
  ],
  async reconcile(key, context) {
    const known = quotas(context).get(key);
    if (known === undefined || isTerminating(known)) return undefined;
    const { name = "", namespace = "" } = known.metadata;
    const quota = await context.client.find<ResourceQuota>({
      apiVersion: "v1",
      kind: "ResourceQuota",
      name,
      namespace,
    });
    if (quota === undefined || isTerminating(quota)) return undefined;
    const { hard = {} } = quota.spec ?? {};
    const { used, unheard } = await count(quota, context);
    const status = { hard, used: masked({ ...quota.status?.used, ...used }, namesOf(hard)) };
    if (!isEqual(status, quota.status)) await context.write.replaceStatus(quota, status);
    return unheard ? lookAgain : undefined;
  },
};

async function count(
  quota: ResourceQuota,
  context: ControllerContext,
): Promise<{ used: Amounts; unheard: boolean }> {
  const { spec = {}, metadata } = quota;
  const names = namesOf(spec.hard ?? {});
  const now = context.clock.now();
  let used: Amounts = {};
  let unheard = false;
  for (const kind of await kindsOf(names, context)) {
    const own = namesUsedBy(kind, names);
    if (own.length === 0) continue;
    unheard ||= !isWatched(kind);
    used = sum(used, Object.fromEntries(own.map((name) => [name, "0"])));
    const { items } = await context.client.list(kind, {
      namespace: metadata.namespace,
      signal: context.signal,
    });
    for (const item of items) {
      if (!isInScope(spec, item, kind.group === "" ? kind.plural : "")) continue;
      used = sum(used, masked(usageOf(kind, item, now), own));
    }
  }
  return { used, unheard };
}

const isWatched = ({ group, kind }: KindInfo): boolean =>
  kind === "ResourceQuota" ||
  watched.some(([apiVersion, name]) => name === kind && group === apiVersion.split("/").slice(0, -1).join());

/** The kinds that are served, each group's once; looked up anew when a quota names one that is not known. */
async function kindsOf(names: readonly string[], { client }: ControllerContext): Promise<KindInfo[]> {
  const known = async (): Promise<KindInfo[]> => {
    const found = new Map<string, KindInfo>();
    for (const kind of await client.kinds()) {
      const id = countName(kind);
      if (kind.namespaced && kind.verbs.includes("list") && kind.verbs.includes("create") && !found.has(id))
        found.set(id, kind);
    }
    return [...found.values()];
  };
  const kinds = await known();
  const counts = names.filter((name) => name.startsWith("count/"));
  if (counts.every((name) => kinds.some((kind) => countName(kind) === name))) return kinds;
  client.forgetDiscovery();
  return known();
}
