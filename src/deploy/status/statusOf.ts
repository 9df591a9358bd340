import type { ObjectRef } from "../../kube/KubeClient.ts";
import type { Rendering } from "../../platform/Rendering.ts";
import { isUnfinished, readInventory } from "../apply/inventory.ts";
import { contextOf, type DeployContext } from "../DeployContext.ts";
import type { Environment } from "../Environment.ts";
import { groupKind, objectKey, refOf } from "../objectKey.ts";
import { readLiveObjects } from "../plan/liveObjects.ts";
import { wantedObjects } from "../plan/wantedObject.ts";
import { componentStatus, worstOf, type Around } from "./componentStatus.ts";
import { groupByComponent } from "./groupByComponent.ts";
import { allDrift } from "./allDrift.ts";
import { pendingOf } from "./pending.ts";
import type { EnvironmentStatus } from "./EnvironmentStatus.ts";
import type { LiveState } from "./LiveState.ts";
import { lastDeployed } from "./lastDeployed.ts";
import { secretFindings } from "./missingSecrets.ts";
import type { Exposed } from "./publicUrls.ts";
import { readHelpers, readLock, readSecrets, readWarnings } from "./readAround.ts";

/** What a status may know besides the cluster. */
export interface StatusOptions {
  /** What the platform file wants today: with it, what a deploy would change is told. Its Secrets need no values. */
  readonly rendering?: Rendering;
  /** Where something exposed is reached, by somebody who knows better than its object: the sandbox's front door. */
  readonly urlOf?: (exposed: Exposed) => string | undefined;
}

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
  let isRecordReadable = true;
  const [inventory, secrets, holder] = await Promise.all([
    readInventory(environment, context, (note) => {
      isRecordReadable = false;
      notes.push(note);
    }),
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
  if (last === undefined && secrets !== undefined && inventory?.revision !== undefined)
    notes.push(
      `Revision ${inventory.revision.number} is not there any more, or damaged: what exactly was deployed is not known. The next deploy records it anew.`,
    );
  const reference = last?.objects ?? wanted;
  const attempt = inventory?.attempt;
  const isDestroyed = attempt?.status === "destroyed";

  const refs = new Map((inventory?.objects ?? []).map((ref) => [objectKey(ref), ref]));
  for (const { object } of reference ?? []) {
    const ref = refOf(object);
    if (inventory === undefined || isDestroyed || last !== undefined) refs.set(objectKey(ref), ref);
  }
  const own = [...refs.values()].filter((ref) => groupKind(ref) !== "/Secret");
  const [live, helpers] = await Promise.all([readLiveObjects(own, context), readHelpers(own, context)]);
  notes.push(...live.notes, ...helpers.notes);
  const byKey = new Map(live.byKey);
  for (const secret of secrets?.values() ?? []) byKey.set(objectKey(refOf(secret)), secret);
  const isUnread = (ref: ObjectRef): boolean =>
    live.unreadable.has(objectKey(ref)) || (groupKind(ref) === "/Secret" && secrets === undefined);
  if (secrets === undefined && (own.length < refs.size || inventory?.revision !== undefined))
    notes.push(
      "This account may not read Secrets: whether any are missing or changed, and what exactly was deployed, is not known.",
    );

  if (holder === "unreadable" && attempt?.status === "deploying")
    notes.push("This account may not read Leases: whether the last deploy still runs is not known.");
  const lock = holder === "unreadable" ? undefined : holder;
  const isFinished = !isUnfinished(attempt);
  const isNew = isDestroyed || (inventory === undefined && isRecordReadable);
  const state: LiveState = { environment, refs, last, byKey, isUnread, isFinished, isNew };
  const known = new Map((reference ?? []).map((one) => [objectKey(refOf(one.object)), one]));
  const kinds = new Map(
    (last?.components ?? options.rendering?.components ?? []).map(({ key, kind }) => [key, kind]),
  );
  const components = groupByComponent(known, kinds, state);
  const around: Around = {
    ofKind: (kind, namespace) =>
      (kind === "/Pod" ? helpers.pods : kind === "apps/ReplicaSet" ? helpers.replicaSets : []).filter(
        (object) => object.metadata.namespace === namespace,
      ),
    jobs: helpers.jobs,
    urlOf: options.urlOf,
    redact: context.redact,
    eventOf: () => undefined,
  };
  let statuses = components.map((component) => componentStatus(component, around));
  if (statuses.some(({ health }) => health === "waiting" || health === "failed")) {
    const eventOf = await readWarnings(environment, context);
    statuses = components.map((component) => componentStatus(component, { ...around, eventOf }));
  }

  const drift = isNew ? [] : allDrift(known, state, context.redact);
  const pending = wanted === undefined ? undefined : pendingOf(wanted, known, state);

  const here = [...refs.keys()].flatMap((key) => byKey.get(key) ?? []);
  const findings = secrets === undefined ? [] : secretFindings(here, secrets, context.clock.now());
  const deployed = inventory !== undefined && !isDestroyed;
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
      : wanted !== undefined && !isNew
        ? { driftFrom: "platform file" as const }
        : {}),
    ...(pending === undefined ? {} : { pending }),
    findings,
    ...(inventory?.revision === undefined ? {} : { revision: inventory.revision }),
    ...(isUnfinished(attempt)
      ? {
          unfinished: {
            ...attempt,
            ...(attempt.message === undefined ? {} : { message: context.redact(attempt.message) }),
          },
        }
      : {}),
    ...(isDestroyed ? { destroyed: { at: attempt.at, who: attempt.who } } : {}),
    ...(lock === undefined ? {} : { lock }),
    notes: [...new Set(notes)],
  };
}
