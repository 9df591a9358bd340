import type { DeploySource } from "../../deploy/index.ts";
import { MoorageError } from "../../contract/index.ts";
import type { AskedRights } from "./AskedRights.ts";
import { assumeSecretValues } from "./assumeSecretValues.ts";
import { demandedRights } from "./demandedRights.ts";
import { lifecycle } from "./lifecycle.ts";
import { livedOf, type Lived } from "./Lived.ts";
import { needed, type Step } from "./steps.ts";
import { missedRights, type OptionalRight } from "./missedRights.ts";
import { refusedRights } from "./refusedRights.ts";
import { rightKey, rightsOfRequest, type Right } from "./Right.ts";

/** The smallest rights for an environment. */
export interface PlatformRights {
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
  /** Without any of these a deploy, a rollback, a restart or a destroy fails. */
  readonly required: readonly Right[];
  /** Can be done without, each with what that costs. */
  readonly optional: readonly OptionalRight[];
  /** Of the whole cluster: only for objects without a namespace. An administrator grants them, or makes the objects. */
  readonly clusterWide: readonly Right[];
}

/** For what the rights are. */
export interface RightsOptions {
  /** Only what `plan`, `status`, `history` and `logs` read. */
  readonly readOnly?: boolean;
}

/**
 * The smallest rights for an environment: what its rehearsed life asks for, each then taken away in turn. Takes a second or two. Errors: those of rendering.
 */
export const rightsOf = (source: DeploySource, options: RightsOptions = {}): Promise<PlatformRights> =>
  rightsOfLived(livedOf(assumeSecretValues(source)), options);

/** One rehearsed life, and what it asked for: required and optional rights together are these, and no others. */
export async function askedRights(lived: Lived, options: RightsOptions = {}): Promise<AskedRights> {
  const isLooking = (step: Step): boolean => !needed.has(step);
  const asked = new Map<string, Right>();
  const bySteps = new Map<Step, Map<string, Right>>();
  const whole = await lifecycle(lived, {
    onRequest(request, step, status) {
      if (options.readOnly === true && (!isLooking(step) || request.method !== "GET")) return;
      const inStep = bySteps.get(step) ?? new Map<string, Right>();
      bySteps.set(step, inStep);
      for (const right of rightsOfRequest(request, status)) {
        if (right.verb === "watch" && right.resource === "namespaces") continue;
        const key = rightKey(right);
        asked.set(key, right);
        if (!inStep.has(key)) inStep.set(key, right);
      }
    },
  });
  const all = [...asked.values()];
  const demanded =
    options.readOnly === true
      ? []
      : demandedRights(lived.rendering).filter((right) => !asked.has(rightKey(right)));
  return {
    named: all.filter((right) => right.namespace !== undefined),
    clusterWide: all.filter((right) => right.namespace === undefined),
    demanded,
    whole,
    byStep: new Map([...bySteps].map(([step, rights]) => [step, [...rights.values()]])),
  };
}

export async function rightsOfLived(lived: Lived, options: RightsOptions = {}): Promise<PlatformRights> {
  const { platform, environment, namespace } = lived.rendering;
  const asked = await askedRights(lived, options);
  refuseHalfALife(asked, environment);
  const { named, clusterWide, demanded } = asked;
  let required = named;
  let optional: readonly OptionalRight[] = [];
  if (options.readOnly !== true) {
    const refused = await refusedRights(lived, asked);
    const open = named.filter((right) => !refused.has(rightKey(right)));
    optional = await missedRights(lived, asked, open);
    const isOptional = new Set(optional.map(rightKey));
    required = named.filter((right) => !isOptional.has(rightKey(right)));
  }
  return {
    platform,
    environment,
    namespace,
    required: [...demanded.filter((right) => right.namespace !== undefined), ...required].toSorted(byName),
    optional: optional.toSorted(byName),
    clusterWide: [...clusterWide, ...demanded.filter((right) => right.namespace === undefined)].toSorted(
      byName,
    ),
  };
}

/** A deploy that ended before its end has not asked for all that it needs. That pods do not get ready is no such end. */
function refuseHalfALife({ whole }: AskedRights, environment: string): void {
  const deploy = whole.find(({ step }) => step === "deploy");
  if (deploy?.error === undefined || deploy.error === "WaitFailed") return;
  throw new MoorageError(
    "Unsupported",
    `The rights for ${environment} can't be told, as a rehearsed deploy ends before its end: ${deploy.message ?? deploy.error}`,
    { hint: `See what is in its way: moorage rehearse ${environment}` },
  );
}

const byName = (a: Right, b: Right): number => (order(a) < order(b) ? -1 : 1);
const order = ({ group, resource, verb }: Right): string => `${group} ${resource} ${verb}`;
