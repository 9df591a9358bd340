import type { KubeObject } from "../../contract/index.ts";
import { canonicalJson, isEqual } from "./objects/hash.ts";
import { selects, type LabelSelector } from "../LabelSelector.ts";
import type { Controller } from "./runtime/Controller.ts";

interface ClusterRole extends KubeObject {
  readonly rules?: readonly unknown[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

const kind = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" };

/** Fills the ClusterRoles that are made of others: `view`, `edit`, `admin`, and one's own. Source: pkg/controller/clusterroleaggregation. */
export const clusterRoleAggregationController: Controller = {
  name: "clusterrole-aggregation-controller",
  watches: [
    {
      ...kind,
      // Any role may be a part of any that is made of others.
      keys: (_role, context) =>
        context
          .store<ClusterRole>(kind.apiVersion, kind.kind)
          .list()
          .filter(({ aggregationRule }) => aggregationRule !== undefined)
          .map(({ metadata }) => metadata.name ?? ""),
    },
  ],
  async reconcile(name, context) {
    const roles = context.store<ClusterRole>(kind.apiVersion, kind.kind);
    const role = roles.list().find(({ metadata }) => metadata.name === name);
    if (role?.aggregationRule === undefined) return;
    // By their text: `admin` is made of some hundred rules, of which none is to come twice.
    const rules = new Map<string, unknown>();
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const parts = roles
        .list()
        .filter(({ metadata }) => metadata.name !== name && selects(selector, metadata.labels ?? {}))
        .toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
      for (const part of parts)
        for (const rule of part.rules ?? []) {
          const text = canonicalJson(rule);
          if (!rules.has(text)) rules.set(text, rule);
        }
    }
    if (isEqual([...rules.values()], role.rules ?? [])) return;
    await context.client.apply(
      { ...kind, metadata: { name }, rules: [...rules.values()] },
      { fieldManager: "clusterrole-aggregation-controller", force: true },
    );
  },
};
