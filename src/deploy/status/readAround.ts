import type { KubeObject } from "../../contract/index.ts";
import { isForbidden, isNotFound } from "../../kube/KubeError.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import type { Context } from "../DeployContext.ts";
import { stateOf, type Environment } from "../Environment.ts";
import { groupKind } from "../objectKey.ts";
import type { LockHolder } from "./EnvironmentStatus.ts";

const secretKind = { apiVersion: "v1", kind: "Secret" };

/** By name. Helm's are left out: they are large, and nothing of ours. Undefined: they may not be read. */
export async function readSecrets(
  { namespace }: Environment,
  { client, signal }: Context,
): Promise<ReadonlyMap<string, KubeObject> | undefined> {
  try {
    const fieldSelector = "type!=helm.sh/release.v1";
    const { items } = await client.list(secretKind, { namespace, fieldSelector, signal });
    return new Map(items.map((secret) => [secret.metadata.name ?? "", secret]));
  } catch (error) {
    if (isNotFound(error)) return new Map();
    if (!isForbidden(error)) throw error;
    return undefined;
  }
}

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

export async function readLock(
  environment: Environment,
  { client, signal }: Context,
): Promise<LockHolder | "unreadable" | undefined> {
  const { namespace } = environment;
  const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: stateOf(environment), namespace };
  try {
    const spec = (await client.find<Lease>(ref, { signal }))?.spec;
    if (spec?.holderIdentity === undefined || spec.holderIdentity === "") return undefined;
    return {
      // Without what only tells two runs of one person apart.
      who: spec.holderIdentity.replace(/ [0-9a-f]{8}$/, ""),
      ...(spec.acquireTime === undefined ? {} : { since: spec.acquireTime }),
      ...(spec.renewTime === undefined ? {} : { renewed: spec.renewTime }),
      ...(spec.leaseDurationSeconds === undefined ? {} : { leaseSeconds: spec.leaseDurationSeconds }),
    };
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return "unreadable";
  }
}

export interface Helpers {
  readonly pods: readonly KubeObject[];
  readonly replicaSets: readonly KubeObject[];
  readonly jobs: readonly KubeObject[];
  readonly notes: readonly string[];
}

/** What tells how workloads stand: their pods, ReplicaSets and the jobs of schedules. */
export async function readHelpers(own: readonly ObjectRef[], { client, signal }: Context): Promise<Helpers> {
  const notes: string[] = [];
  const read = async (kind: { apiVersion: string; kind: string }, of: RegExp): Promise<KubeObject[]> => {
    const concerned = own.filter((ref) => of.test(groupKind(ref)));
    const namespaces = [...new Set(concerned.map((ref) => ref.namespace))].filter((one) => one !== undefined);
    const lists = await Promise.all(
      namespaces.map(async (namespace) => {
        try {
          return (await client.list(kind, { namespace, signal })).items;
        } catch (error) {
          if (isForbidden(error))
            notes.push(`This account may not list ${kind.kind} objects: what they say is not known.`);
          else if (!isNotFound(error)) throw error;
          return [];
        }
      }),
    );
    return lists.flat();
  };
  const [pods, replicaSets, jobs] = await Promise.all([
    read({ apiVersion: "v1", kind: "Pod" }, /^(apps|batch)\/|^\/Pod$/),
    read({ apiVersion: "apps/v1", kind: "ReplicaSet" }, /^apps\/Deployment$/),
    read({ apiVersion: "batch/v1", kind: "Job" }, /^batch\/CronJob$/),
  ]);
  return { pods, replicaSets, jobs, notes };
}

interface EventObject extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly involvedObject?: { readonly uid?: string };
}

/** What statuses say already. */
const saidElsewhere = /^(BackOff|Failed|Unhealthy|FailedScheduling)$/;

/** The last warning about a pod, of those that its status does not tell. */
export async function readWarnings(
  { namespace }: Environment,
  { client, signal }: Context,
): Promise<(pod: KubeObject) => string | undefined> {
  const last = new Map<string, EventObject>();
  const time = (event: EventObject): string => event.lastTimestamp ?? event.eventTime ?? "";
  try {
    const kind = { apiVersion: "v1", kind: "Event" };
    const { items } = await client.list<EventObject>(kind, {
      namespace,
      fieldSelector: "type=Warning",
      signal,
    });
    for (const event of items) {
      const uid = event.involvedObject?.uid ?? "";
      const before = last.get(uid);
      if (saidElsewhere.test(event.reason ?? "")) continue;
      if (before === undefined || time(before) < time(event)) last.set(uid, event);
    }
  } catch (error) {
    if (!isForbidden(error) && !isNotFound(error)) throw error;
  }
  return (pod) => {
    const event = last.get(pod.metadata.uid ?? "");
    return event === undefined ? undefined : `${event.reason ?? "Warning"}: ${event.message ?? ""}`;
  };
}
