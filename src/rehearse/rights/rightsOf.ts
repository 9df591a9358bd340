import type { DeploySource } from "../../deploy/index.ts";
import { renderEnvironment, type Rendering } from "../../platform/index.ts";
import { lifecycle, steps, type LifecycleOptions, type Step, type StepOutcome } from "./lifecycle.ts";
import { refusal, rightId, rightsOfRequest, type Right } from "./Right.ts";

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
export async function rightsOf(source: DeploySource, options: RightsOptions = {}): Promise<PlatformRights> {
  const rendering = renderEnvironment(source.evaluated);
  const isLooking = (step: Step): boolean => !needed.has(step);
  const asked = new Map<string, Right>();
  const whole = await lifecycle(source, {
    onRequest(request, step, status) {
      if (options.readOnly === true && (!isLooking(step) || request.method !== "GET")) return;
      for (const right of rightsOfRequest(request, status)) asked.set(rightId(right), right);
    },
  });
  const all = [...asked.values()].filter((right) => right.verb !== "watch" || !isNamespace(right));
  const named = all.filter((right) => right.namespace !== undefined);
  const required: Right[] = [];
  const optional: OptionalRight[] = [];
  for (const right of named) {
    if (options.readOnly === true) {
      required.push(right);
      continue;
    }
    const lost = compare(whole, await lifecycle(source, { deny: without(right) }));
    if (lost === "needed") required.push(right);
    else optional.push({ ...right, without: lost.length > 0 ? lost : [ordinaryCost(right)] });
  }
  required.push(...(options.readOnly === true ? [] : grantingRights(rendering)));
  return {
    platform: rendering.platform,
    environment: rendering.environment,
    namespace: rendering.namespace,
    required: required.toSorted(byName),
    optional: optional.toSorted(byName),
    clusterWide: all.filter((right) => right.namespace === undefined).toSorted(byName),
  };
}

const isNamespace = ({ resource }: Right): boolean => resource === "namespaces";
const byName = (a: Right, b: Right): number => (order(a) < order(b) ? -1 : 1);
const order = ({ group, resource, verb }: Right): string => `${group} ${resource} ${verb}`;

/** Takes a right away: what needs it is refused as a server would. */
function without(right: Right): NonNullable<LifecycleOptions["deny"]> {
  const id = rightId(right);
  return async (request, exists) => {
    const needs = (status: number): boolean =>
      rightsOfRequest(request, status).some((one) => rightId(one) === id);
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
    if (outcome.error !== undefined && before.error === undefined) {
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

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** To make a Role one needs every right that it grants; to bind one, the right to bind it. */
function grantingRights({ objects, namespace }: Rendering): Right[] {
  const rights: Right[] = [];
  for (const { object } of objects) {
    if (object.kind === "Role") {
      for (const { apiGroups = [], resources = [], verbs = [], resourceNames = [undefined] } of (object[
        "rules"
      ] ?? []) as Rule[]) {
        for (const group of apiGroups)
          for (const resource of resources)
            for (const verb of verbs)
              for (const name of resourceNames)
                rights.push({ verb, group, resource, namespace, ...(name === undefined ? {} : { name }) });
      }
    }
    const { roleRef } = object as { roleRef?: { kind: string; name: string } };
    if (object.kind === "RoleBinding" && roleRef?.kind === "ClusterRole") {
      const group = "rbac.authorization.k8s.io";
      rights.push({ verb: "bind", group, resource: "clusterroles", namespace, name: roleRef.name });
    }
  }
  return rights;
}
