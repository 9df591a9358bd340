import { labels, type KubeObject } from "../../contract/index.ts";
import { isForbidden, isNotFound } from "../../kube/KubeError.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import type { Rendering } from "../../platform/Rendering.ts";
import { readInventory } from "../apply/inventory.ts";
import { contextOf, type Context, type DeployContext } from "../DeployContext.ts";
import { managerOf, stateLabel, stateOf, type Environment } from "../Environment.ts";
import { describe, groupKind, objectKey, refOf } from "../objectKey.ts";
import { readLiveObjects } from "../plan/liveObjects.ts";
import { wantedObjects, type WantedObject } from "../plan/wantedObject.ts";
import { componentStatus, worstOf, type Around, type ComponentObjects } from "./componentStatus.ts";
import { driftOf } from "./drift.ts";
import { pendingOf } from "./pending.ts";
import type { Drift, EnvironmentStatus, LockHolder } from "./EnvironmentStatus.ts";
import { lastDeployed } from "./lastDeployed.ts";
import { secretFindings } from "./missingSecrets.ts";
import type { Exposed } from "./publicUrls.ts";

export interface StatusOptions {
  /** What the platform file wants today: with it, what a deploy would change is told. Its Secrets need no values. */
  readonly rendering?: Rendering;
  /** Where something exposed is reached, by somebody who knows better than its object: the sandbox's front door. */
  readonly urlOf?: (exposed: Exposed) => string | undefined;
}

const secretKind = { apiVersion: "v1", kind: "Secret" };

/**
 * Reads how an environment is, in a few lists. Needs no right but to view; what may not be read is done without, and said in `notes`.
 */
export async function statusOf(
  environment: Environment,
  given: DeployContext,
  options: StatusOptions = {},
): Promise<EnvironmentStatus> {
  const context = contextOf(given);
  const notes: string[] = [];
  const [inventory, secrets, lock] = await Promise.all([
    readInventory(environment, context, (note) => void notes.push(note)),
    readSecrets(environment, context),
    readLock(environment, context),
  ]);
  const wanted =
    options.rendering === undefined
      ? undefined
      : await wantedObjects(options.rendering, options.rendering.objects, context);
  const last =
    inventory?.revision === undefined || secrets === undefined
      ? undefined
      : lastDeployed(environment, inventory.revision.number, secrets);
  const reference = last?.objects ?? wanted;

  const refs = new Map((inventory?.objects ?? []).map((ref) => [objectKey(ref), ref]));
  for (const { object } of reference ?? []) {
    const ref = refOf(object);
    if (inventory === undefined || last !== undefined) refs.set(objectKey(ref), ref);
  }
  const own = [...refs.values()].filter((ref) => groupKind(ref) !== "/Secret");
  const ownSecrets = [...refs.values()].filter((ref) => groupKind(ref) === "/Secret");
  const [live, helpers] = await Promise.all([readLiveObjects(own, context), readHelpers(own, context)]);
  notes.push(...live.notes, ...helpers.notes);
  const byKey = new Map(live.byKey);
  for (const secret of secrets?.values() ?? []) byKey.set(objectKey(refOf(secret)), secret);
  const isUnread = (ref: ObjectRef): boolean =>
    live.unreadable.has(objectKey(ref)) ||
    live.unserved.has(groupKind(ref)) ||
    (groupKind(ref) === "/Secret" && secrets === undefined);
  if (secrets === undefined && (ownSecrets.length > 0 || inventory?.revision !== undefined))
    notes.push(
      "This account may not read Secrets: whether any are missing or changed, and what exactly was deployed, is not known.",
    );

  const all: ObjectRef[] = [...own, ...ownSecrets];
  const known = new Map((reference ?? []).map((one) => [objectKey(refOf(one.object)), one]));
  const components = groupByComponent(all, known, byKey, environment, isUnread);
  const pods = helpers.pods;
  const view = {
    ofKind: (kind: string, namespace: string): KubeObject[] =>
      (kind === "/Pod" ? pods : kind === "apps/ReplicaSet" ? helpers.replicaSets : []).filter(
        (object) => object.metadata.namespace === namespace,
      ),
  };
  const kinds = new Map(
    (last?.components ?? options.rendering?.components ?? []).map(({ key, kind }) => [key, kind]),
  );
  const around: Around = {
    ...view,
    jobs: helpers.jobs,
    urlOf: options.urlOf,
    redact: context.redact,
    eventOf: () => undefined,
  };
  const nameOfKind = (name: string): string | undefined => kinds.get(componentKeyOf(name, known) ?? name);
  let statuses = components.map((component) =>
    componentStatus({ ...component, kind: nameOfKind(component.name) }, around),
  );
  if (statuses.some(({ health }) => health === "waiting" || health === "failed")) {
    const eventOf = await readWarnings(environment, context);
    statuses = components.map((component) =>
      componentStatus({ ...component, kind: nameOfKind(component.name) }, { ...around, eventOf }),
    );
  }

  const drift: Drift[] = [];
  const manager = managerOf(environment);
  for (const [key, one] of known) {
    const ref = refOf(one.object);
    if (isUnread(ref) || groupKind(ref) === "/Namespace") continue;
    const object = byKey.get(key);
    const about = {
      object: describe(ref, environment.namespace),
      ...(one.component === undefined ? {} : { component: one.component }),
    };
    if (object === undefined) {
      // A job that ran is removed after a while; what only the file has is not deployed yet.
      const isGone = refs.has(key) && groupKind(ref) !== "batch/Job";
      if (isGone) drift.push({ ...about, what: "missing" });
      continue;
    }
    const found = driftOf(one.object, object, {
      manager,
      reference: last === undefined ? "wanted" : "deployed",
      isSameSecret: (name) => last?.isSameSecret(one.object, object, name),
    });
    drift.push(...found.map((field) => redacted({ ...about, ...field }, context)));
  }
  const pending =
    wanted === undefined ? undefined : pendingOf(wanted, { refs, known, last, byKey, isUnread, environment });

  const here = all.flatMap((ref) => byKey.get(objectKey(ref)) ?? []);
  const findings = secrets === undefined ? [] : secretFindings(here, secrets, context.clock.now());
  const attempt = inventory?.attempt;
  const deployed = inventory !== undefined;
  const health = !deployed
    ? "unknown"
    : worstOf([
        ...statuses.map((status) => status.health),
        ...(findings.some(({ severity }) => severity === "error") ? (["failed"] as const) : []),
      ]);
  return {
    platform: environment.platform,
    environment: environment.environment,
    namespace: environment.namespace,
    deployed,
    health,
    components: statuses,
    drift,
    ...(last !== undefined
      ? { driftFrom: "revision" as const }
      : wanted !== undefined
        ? { driftFrom: "platform file" as const }
        : {}),
    ...(pending === undefined ? {} : { pending }),
    findings,
    ...(inventory?.revision === undefined ? {} : { revision: inventory.revision }),
    ...(attempt === undefined || attempt.status === "deployed"
      ? {}
      : {
          unfinished: {
            ...attempt,
            ...(attempt.message === undefined ? {} : { message: context.redact(attempt.message) }),
          },
        }),
    ...(lock === undefined ? {} : { lock }),
    notes: [...new Set(notes)],
  };
}

/** The key in the platform file of the component whose objects carry a name. */
function componentKeyOf(name: string, known: ReadonlyMap<string, WantedObject>): string | undefined {
  for (const { object, component } of known.values())
    if (object.metadata.labels?.[labels.name] === name) return component;
  return undefined;
}

function groupByComponent(
  refs: readonly ObjectRef[],
  known: ReadonlyMap<string, WantedObject>,
  byKey: ReadonlyMap<string, KubeObject>,
  environment: Environment,
  isUnread: (ref: ObjectRef) => boolean,
): ComponentObjects[] {
  const found = new Map<string, { objects: KubeObject[]; missing: string[]; unreadable: string[] }>();
  for (const ref of refs) {
    const key = objectKey(ref);
    const live = byKey.get(key);
    const name = (live ?? known.get(key)?.object)?.metadata.labels?.[labels.name];
    if (name === undefined) continue;
    const members = found.get(name) ?? { objects: [], missing: [], unreadable: [] };
    found.set(name, members);
    const said = describe(ref, environment.namespace);
    if (live !== undefined) members.objects.push(live);
    else if (isUnread(ref)) {
      if (groupKind(ref) !== "/Secret") members.unreadable.push(said);
    } else if (groupKind(ref) !== "batch/Job") members.missing.push(said);
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, members]) => ({ name, ...members }));
}

function redacted(drift: Drift, { redact }: Context): Drift {
  const clean = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    const text = JSON.stringify(value);
    const safe = redact(text);
    return text === safe ? value : redact(typeof value === "string" ? value : text);
  };
  return {
    ...drift,
    ...("deployed" in drift ? { deployed: clean(drift.deployed) } : {}),
    ...("now" in drift ? { now: clean(drift.now) } : {}),
  };
}

/** By name. Helm's are left out: they are large, and nothing of ours. Undefined: they may not be read. */
async function readSecrets(
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
  };
}

async function readLock(
  environment: Environment,
  { client, signal }: Context,
): Promise<LockHolder | undefined> {
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
    };
  } catch (error) {
    // What a deploy wrote of itself is in its inventory too.
    if (!isForbidden(error)) throw error;
    return undefined;
  }
}

interface Helpers {
  readonly pods: readonly KubeObject[];
  readonly replicaSets: readonly KubeObject[];
  readonly jobs: readonly KubeObject[];
  readonly notes: readonly string[];
}

/** What tells how workloads stand: their pods, ReplicaSets and the jobs of schedules. */
async function readHelpers(own: readonly ObjectRef[], { client, signal }: Context): Promise<Helpers> {
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
async function readWarnings(
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
      if (saidElsewhere.test(event.reason ?? "") || stateOfOurs(event)) continue;
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

const stateOfOurs = (object: KubeObject): boolean => object.metadata.labels?.[stateLabel] !== undefined;
