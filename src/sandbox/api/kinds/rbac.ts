import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { validateSelector } from "./labelSelectors.ts";
import type { LabelSelector } from "./shapes.ts";
import { pathSegmentName, subdomainName } from "./names.ts";
import { nameProblems } from "./fieldRules.ts";

const GROUP = "rbac.authorization.k8s.io";

interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
}

function role(namespaced: boolean): KindStrategy {
  return strategy({
    namespaced,
    hasStatus: false,
    name: pathSegmentName,
    defaults(object) {
      // Without `omitempty` in Go: printed even where there are none.
      if (object["rules"] === undefined) object["rules"] = null;
    },
    validate(object, errors) {
      ((object["rules"] ?? []) as Rule[]).forEach((rule, i) =>
        validateRule(rule, `rules[${i}]`, namespaced, errors),
      );
      const gathered = object["aggregationRule"] as { clusterRoleSelectors?: LabelSelector[] } | undefined;
      if (gathered !== undefined) validateAggregation(gathered.clusterRoleSelectors ?? [], errors);
    },
  });
}

function validateAggregation(selectors: readonly LabelSelector[], errors: FieldError[]): void {
  const path = "aggregationRule.clusterRoleSelectors";
  if (selectors.length === 0)
    errors.push(required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
  selectors.forEach((selector, i) => {
    const before = errors.length;
    validateSelector(selector, `${path}[${i}]`, errors);
    if (errors.length > before) errors.push(invalid(`${path}[${i}]`, selector, "invalid label selector."));
  });
}

function validateRule(rule: Rule, path: string, namespaced: boolean, errors: FieldError[]): void {
  if ((rule.verbs ?? []).length === 0)
    errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) {
    if (namespaced)
      errors.push(
        invalid(`${path}.nonResourceURLs`, urls, "namespaced rules cannot apply to non-resource URLs"),
      );
    if ((rule.apiGroups ?? []).length + (rule.resources ?? []).length > 0) {
      errors.push(
        invalid(
          `${path}.nonResourceURLs`,
          urls,
          "rules cannot apply to both regular resources and non-resource URLs",
        ),
      );
    }
    return;
  }
  if ((rule.apiGroups ?? []).length === 0)
    errors.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  if ((rule.resources ?? []).length === 0)
    errors.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
}

export const namespacedRole = role(true);
export const clusterRole = role(false);

interface Subject {
  kind?: string;
  name?: string;
  namespace?: string;
  apiGroup?: string;
}

function roleBinding(namespaced: boolean): KindStrategy {
  return strategy({
    namespaced,
    hasStatus: false,
    name: pathSegmentName,
    defaults(object) {
      const ref = (object["roleRef"] ??= {}) as { apiGroup?: string };
      ref.apiGroup ||= GROUP;
      for (const subject of (object["subjects"] as Subject[] | undefined) ?? []) {
        if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= GROUP;
      }
    },
    validate(object, errors) {
      validateBinding(object, namespaced, errors);
    },
    validateUpdate(next, live, errors) {
      if (!sameJson(next["roleRef"], live["roleRef"]))
        errors.push(invalid("roleRef", next["roleRef"], "cannot change roleRef"));
    },
  });
}

function validateBinding(object: KubeObject, namespaced: boolean, errors: FieldError[]): void {
  const ref = (object["roleRef"] ?? {}) as { apiGroup?: string; kind?: string; name?: string };
  if (ref.apiGroup !== GROUP) errors.push(notSupported("roleRef.apiGroup", ref.apiGroup, [GROUP]));
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (!kinds.includes(ref.kind ?? "")) errors.push(notSupported("roleRef.kind", ref.kind ?? "", kinds));
  if (!ref.name) errors.push(required("roleRef.name"));
  else nameProblems(pathSegmentName, ref.name, "roleRef.name", errors);
  ((object["subjects"] ?? []) as Subject[]).forEach((subject, i) => {
    const at = `subjects[${i}]`;
    if (!subject.name) errors.push(required(`${at}.name`));
    switch (subject.kind) {
      case "ServiceAccount":
        if (subject.name) nameProblems(subdomainName, subject.name, `${at}.name`, errors);
        if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [""]));
        // One in a namespace means the accounts beside it.
        if (!subject.namespace && !namespaced) errors.push(required(`${at}.namespace`));
        break;
      case "User":
      case "Group":
        if (subject.apiGroup !== GROUP)
          errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [GROUP]));
        break;
      default:
        errors.push(notSupported(`${at}.kind`, subject.kind ?? "", ["ServiceAccount", "User", "Group"]));
    }
  });
}

export const namespacedRoleBinding = roleBinding(true);
export const clusterRoleBinding = roleBinding(false);
