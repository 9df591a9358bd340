import type { KubeObject } from "../../../../contract/index.ts";
import { qosOf } from "../../kinds/pod.ts";
import type { PodSpec } from "../../kinds/shapes.ts";

/** The part of a ResourceQuota's spec that says which objects it is about. */
export interface Scoped {
  readonly scopes?: readonly string[];
  readonly scopeSelector?: { readonly matchExpressions?: readonly Requirement[] };
}

interface Requirement {
  readonly scopeName?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

interface Affine extends PodSpec {
  readonly priorityClassName?: string;
  readonly affinity?: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
}

/** Do the scopes let an object be counted? Without scopes all are; with any, only pods that have them. */
export function isInScope(quota: Scoped, object: KubeObject, plural: string): boolean {
  const wanted: readonly Requirement[] = [
    ...(quota.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(quota.scopeSelector?.matchExpressions ?? []),
  ];
  return wanted.every((one) => plural === "pods" && hasScope((object.spec ?? {}) as Affine, one));
}

function hasScope(spec: Affine, { scopeName, operator, values = [] }: Requirement): boolean {
  const terminating = (spec.activeDeadlineSeconds ?? -1) >= 0;
  switch (scopeName) {
    case "Terminating":
      return terminating;
    case "NotTerminating":
      return !terminating;
    case "BestEffort":
      return qosOf(spec) === "BestEffort";
    case "NotBestEffort":
      return qosOf(spec) !== "BestEffort";
    case "CrossNamespacePodAffinity":
      return usesOtherNamespaces(spec);
    case "PriorityClass": {
      const name = spec.priorityClassName ?? "";
      if (operator === "Exists") return name !== "";
      if (operator === "DoesNotExist") return name === "";
      if (operator === "In") return name !== "" && values.includes(name);
      return operator === "NotIn" && !values.includes(name);
    }
    default:
      return false;
  }
}

interface Term {
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: object;
  readonly podAffinityTerm?: Term;
}

const usesOtherNamespaces = ({ affinity = {} }: Affine): boolean =>
  [affinity["podAffinity"], affinity["podAntiAffinity"]].some((side) =>
    Object.values(side ?? {})
      .flat()
      .some((entry) => {
        const term = (entry as Term).podAffinityTerm ?? (entry as Term);
        return (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined;
      }),
  );
