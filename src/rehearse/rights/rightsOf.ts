import type { DeploySource } from "../../deploy/index.ts";
import { demandedRights } from "./demandedRights.ts";
import {
  lifecycle,
  livedOf,
  steps,
  type LifecycleOptions,
  type Lived,
  type Step,
  type StepOutcome,
} from "./lifecycle.ts";
import { refusal, rightKey, rightsOfRequest, type Right } from "./Right.ts";

/** A right that can be done without, and what that costs. */
export interface OptionalRight extends Right {
  /** As sentences' ends: `moorage logs does not work`. */
  readonly without: readonly string[];
}

export interface PlatformRights {
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  /** Without any of these a deploy, a rollback, a restart or a destroy fails. */
  readonly required: readonly Right[];
  readonly optional: readonly OptionalRight[];
  /** Of the whole cluster: only for objects without a namespace. An administrator grants them, or makes the objects. */
  readonly clusterWide: readonly Right[];
}

/** Steps that have to go well: the life of an environment. */
const needed: ReadonlySet<Step> = new Set(["deploy", "change", "failure", "rollback", "restart", "destroy"]);

export interface RightsOptions {
  /** Only what `plan`, `status`, `history` and `logs` read. */
  readonly readOnly?: boolean;
}

/**
 * The smallest rights for an environment: what its rehearsed life asks for, each then taken away in turn. Takes some seconds. Errors: those of rendering.
 */
export const rightsOf = (source: DeploySource, options: RightsOptions = {}): Promise<PlatformRights> =>
  rightsOfLived(livedOf(source), options);

/** What a life asked for, not yet told apart. */
export interface AskedRights {
  /** In namespaces. */
  readonly named: readonly Right[];
  readonly clusterWide: readonly Right[];
  /** Never asked for by a request of their own: an API server demands them of whoever writes certain objects. */
  readonly demanded: readonly Right[];
  /** How that life went. */
  readonly whole: readonly StepOutcome[];
}

/** One rehearsed life, and what it asked for: required and optional rights together are these, and no others. */
export async function askedRights(lived: Lived, options: RightsOptions = {}): Promise<AskedRights> {
  const isLooking = (step: Step): boolean => !needed.has(step);
  const asked = new Map<string, Right>();
  const whole = await lifecycle(lived, {
    onRequest(request, step, status) {
      if (options.readOnly === true && (!isLooking(step) || request.method !== "GET")) return;
      for (const right of rightsOfRequest(request, status)) asked.set(rightKey(right), right);
    },
  });
  const all = [...asked.values()].filter((right) => right.verb !== "watch" || !isNamespace(right));
  const demanded =
    options.readOnly === true
      ? []
      : demandedRights(lived.rendering).filter((right) => !asked.has(rightKey(right)));
  return {
    named: all.filter((right) => right.namespace !== undefined),
    clusterWide: all.filter((right) => right.namespace === undefined),
    demanded,
    whole,
  };
}

async function rightsOfLived(lived: Lived, options: RightsOptions = {}): Promise<PlatformRights> {
  const { platform, environment, namespace } = lived.rendering;
  const { named, clusterWide, demanded, whole } = await askedRights(lived, options);
  const required = demanded.filter((right) => right.namespace !== undefined);
  const optional: OptionalRight[] = [];
  for (const right of named) {
    const lost =
      options.readOnly === true
        ? "needed"
        : compare(
            whole,
            await lifecycle(lived, {
              deny: without(right),
              isOver: (outcome) => compare(whole, [outcome]) === "needed",
            }),
          );
    if (lost === "needed") required.push(right);
    else optional.push({ ...right, without: lost.length > 0 ? lost : [ordinaryCost(right)] });
  }
  return {
    platform,
    environment,
    namespace,
    required: required.toSorted(byName),
    optional: optional.toSorted(byName),
    clusterWide: [...clusterWide, ...demanded.filter((right) => right.namespace === undefined)].toSorted(
      byName,
    ),
  };
}

const isNamespace = ({ resource }: Right): boolean => resource === "namespaces";
const byName = (a: Right, b: Right): number => (order(a) < order(b) ? -1 : 1);
const order = ({ group, resource, verb }: Right): string => `${group} ${resource} ${verb}`;

/** Takes a right away: what needs it is refused as a server would. */
function without(right: Right): NonNullable<LifecycleOptions["deny"]> {
  const id = rightKey(right);
  return async (request, exists) => {
    const needs = (status: number): boolean =>
      rightsOfRequest(request, status).some((one) => rightKey(one) === id);
    if (needs(200)) return refusal(right);
    // An apply needs the right to create when there is nothing yet.
    return needs(201) && !(await exists()) ? refusal(right) : undefined;
  };
}

/** What is lost: everything, when a step that has to go well fails where it did not. */
function compare(whole: readonly StepOutcome[], part: readonly StepOutcome[]): "needed" | string[] {
  const lost: string[] = [];
  for (const outcome of part) {
    const before = whole.find(({ step }) => step === outcome.step);
    if (before === undefined) continue;
    // In a rehearsal something may never get ready anyhow; it is refused only where a right is missing.
    if (outcome.error !== undefined && outcome.error !== before.error) {
      if (needed.has(outcome.step)) return "needed";
      lost.push(`${steps[outcome.step]} does not work`);
    }
    lost.push(...outcome.notes.filter((note) => !before.notes.includes(note)));
  }
  return [...new Set(lost)];
}

/** What a rehearsal can't show: other ways are found, or simulated pods have nothing of the kind to tell. */
function ordinaryCost({ verb, resource }: Right): string {
  if (verb === "watch") return "asked again every two seconds instead of watched";
  if (resource === "events") return "failure reports have no events";
  if (verb === "list") return "read one by one";
  if (resource === "namespaces") return "the namespace is taken as there";
  return "nothing that a rehearsal shows";
}
