import type { KubeObject } from "../contract/index.ts";
import { readRevision, type DeployContext, type Environment } from "../deploy/index.ts";
import { isForbidden, isNotFound, KubeError, type KubeClient } from "../kube/index.ts";
import type { Rendering } from "../platform/index.ts";

/** What is there before the deploy that is rehearsed. */
export interface StartingPoint {
  /** In words: `nothing`, `revision 4`, `the live objects`. */
  readonly description: string;
  /** Put there as they are. Holds secret values. */
  readonly objects: readonly KubeObject[];
  /** Whether the environment has a revision there, to go back to. */
  readonly deployed: boolean;
  /** Deployed first. */
  readonly rendering?: Rendering;
  /** What could not be read, and was done without. */
  readonly notes: readonly string[];
}

/** An empty namespace. */
export const fromNothing: StartingPoint = { description: "nothing", deployed: false, objects: [], notes: [] };

/** Read of the namespace for `fromLive`; more kinds come from the platform and its last revision. */
const usualKinds: readonly (readonly [apiVersion: string, kinds: string])[] = [
  ["v1", "ConfigMap Secret Service ServiceAccount PersistentVolumeClaim Pod LimitRange ResourceQuota"],
  ["apps/v1", "Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision"],
  ["batch/v1", "Job CronJob"],
  ["networking.k8s.io/v1", "Ingress NetworkPolicy"],
  ["discovery.k8s.io/v1", "EndpointSlice"],
  ["policy/v1", "PodDisruptionBudget"],
  ["autoscaling/v2", "HorizontalPodAutoscaler"],
  ["rbac.authorization.k8s.io/v1", "Role RoleBinding"],
];

/** The Lease of whoever deploys there now says nothing of a rehearsal. */
const leftOut = new Set(["Lease", "Event"]);

/**
 * The environment as a revision recorded it. The cluster is read only: the revision, and the Secrets as far as this account may see them.
 *
 * @throws MoorageError `RevisionNotFound`
 */
export async function fromRevision(
  environment: Environment,
  number: number,
  context: DeployContext,
): Promise<StartingPoint> {
  const content = await readRevision(environment, number, context);
  const { client } = context;
  const notes: string[] = [];
  const secrets = await readKind(client, { apiVersion: "v1", kind: "Secret" }, environment.namespace, notes);
  const live = new Map(secrets.map((secret) => [secret.metadata.name, secret]));
  // Without the environment's key every hash of a secret would differ, and all pods would seem to change.
  const key = secrets.filter(({ metadata }) => metadata.labels?.["moorage.dev/state"] === "key");
  const objects = content.objects.map(({ object, component }) => ({
    object: object.kind === "Secret" ? withValues(object, live.get(object.metadata.name)) : object,
    ...(component === undefined ? {} : { component }),
  }));
  const rendering: Rendering = {
    platform: environment.platform,
    environment: environment.environment,
    namespace: environment.namespace,
    objects,
    components: content.components,
    secrets: [],
    problems: [],
  };
  return {
    description: `revision ${number}`,
    deployed: true,
    objects: key,
    rendering,
    notes: [...notes, ...(live.size === 0 ? [] : ["Secrets have the values of today."])],
  };
}

/** A recorded Secret has no values: those of today, and stand-ins where they can't be had. */
function withValues(recorded: KubeObject, live: KubeObject | undefined): KubeObject {
  const names = Object.keys(recorded["data"] ?? {});
  const now = (live?.["data"] ?? {}) as Record<string, string>;
  const data = names.map((name) => [name, now[name] ?? Buffer.from(`${name}-stand-in`).toString("base64")]);
  return { ...recorded, data: Object.fromEntries(data) as Record<string, string> };
}

/** What is really there, read only: all objects of the usual kinds, of the platform's, and of its last revision's. */
export async function fromLive(
  environment: Environment,
  kinds: readonly { readonly apiVersion: string; readonly kind: string }[],
  context: DeployContext,
): Promise<StartingPoint> {
  const { client } = context;
  const unread: string[] = [];
  const recorded = await readRevision(environment, undefined, context).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    if (error instanceof Error && "code" in error && error.code === "RevisionNotFound") return undefined;
    throw error;
  });
  const wanted = new Map<string, { apiVersion: string; kind: string }>();
  const want = (apiVersion: string, kind: string): void => {
    const group = apiVersion.split("/").slice(0, -1).join("/");
    const id = `${group}/${kind}`;
    if (!leftOut.has(kind) && !wanted.has(id)) wanted.set(id, { apiVersion, kind });
  };
  for (const [apiVersion, names] of usualKinds) for (const kind of names.split(" ")) want(apiVersion, kind);
  for (const { apiVersion, kind } of [...kinds, ...(recorded?.objects ?? []).map(({ object }) => object)])
    want(apiVersion, kind);
  const lists = await Promise.all(
    [...wanted.values()].map((kind) => readKind(client, kind, environment.namespace, unread)),
  );
  const namespace = await client
    .find({ apiVersion: "v1", kind: "Namespace", name: environment.namespace })
    .catch((error: unknown) => {
      if (isForbidden(error)) return undefined;
      throw error;
    });
  const objects = lists.flat();
  const volumes = objects.flatMap(volumeOf);
  return {
    description: "the live objects",
    deployed: recorded !== undefined,
    objects: [...(namespace === undefined ? [] : [namespace]), ...volumes, ...objects.map(asHere)],
    notes:
      unread.length === 0
        ? []
        : [
            `This account may not read objects of these kinds, taken as if there were none: ${unread.join(", ")}.`,
          ],
  };
}

async function readKind(
  client: KubeClient,
  kind: { apiVersion: string; kind: string },
  namespace: string,
  unread: string[],
): Promise<KubeObject[]> {
  try {
    const info = await client.kindOf(kind);
    const { items } = await client.list(kind, info.namespaced ? { namespace } : {});
    return items.map((item) => ({ ...item, ...kind }));
  } catch (error) {
    if (isForbidden(error)) {
      unread.push(kind.kind);
      return [];
    }
    if (isNotFound(error) || isUnknownKind(error)) return [];
    throw error;
  }
}

const isUnknownKind = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof KubeError) && "code" in error && error.code === "Unsupported";

/** A pod runs on the sandbox's only node. */
function asHere(object: KubeObject): KubeObject {
  if (object.kind !== "Pod") return object;
  const spec = object.spec as { nodeName?: string };
  return spec.nodeName === undefined ? object : { ...object, spec: { ...spec, nodeName: "sandbox" } };
}

interface Claim extends KubeObject {
  readonly spec: {
    readonly volumeName?: string;
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
  };
  readonly status?: { readonly capacity?: Readonly<Record<string, string>> };
}

/** The volume of a bound claim, from what the claim says: volumes themselves belong to the cluster, and are rarely for us to read. */
function volumeOf(object: KubeObject): KubeObject[] {
  if (object.kind !== "PersistentVolumeClaim") return [];
  const { metadata, spec, status } = object as Claim;
  if (spec.volumeName === undefined) return [];
  const { name, namespace, uid } = metadata;
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: spec.volumeName, uid: `volume-of-${uid}` },
      spec: {
        capacity: status?.capacity ?? { storage: "1Gi" },
        accessModes: spec.accessModes ?? ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        ...(spec.storageClassName === undefined ? {} : { storageClassName: spec.storageClassName }),
        ...(spec.volumeMode === undefined ? {} : { volumeMode: spec.volumeMode }),
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
        hostPath: { path: "/rehearsed" },
      },
      status: { phase: "Bound" },
    },
  ];
}
