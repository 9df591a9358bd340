import type { KubeObject } from "../../../contract/index.ts";
import type { User } from "../ApiRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import { forbidden, notFound } from "../StatusError.ts";
import type { Attributes } from "./Attributes.ts";
import type { Authorizer } from "./Authorizer.ts";
import { compactText, notCovered, type Rule } from "./rules.ts";

const group = "rbac.authorization.k8s.io";

/** A role or a binding that somebody writes, and what it replaces. */
export interface Grant {
  readonly kind: ServedKind;
  readonly object: KubeObject;
  readonly live?: KubeObject | undefined;
  readonly user: User;
}

/**
 * Nobody grants what they don't have: to write a role one needs every right in it, or the verb `escalate` on it; to bind a role, every right in it, or the verb
 * `bind` on it. Throws 403. Source: pkg/registry/rbac.
 */
export function refuseEscalation(grant: Grant, authorizer: Authorizer): void {
  const { kind, object, live, user } = grant;
  if (kind.group !== group || user.groups.includes("system:masters")) return;
  const namespace = object.metadata.namespace ?? "";
  const name = object.metadata.name ?? "";
  const may = (verb: string, resource: string, target: string): boolean => {
    const attributes: Attributes = {
      user,
      verb,
      path: "",
      resource,
      group,
      subresource: "",
      namespace,
      name: target,
    };
    return authorizer.authorize(attributes).allowed;
  };
  switch (kind.plural) {
    case "roles":
    case "clusterroles": {
      const wanted = (object["rules"] ?? []) as readonly Rule[];
      if (live !== undefined && JSON.stringify(live["rules"] ?? []) === JSON.stringify(wanted)) return;
      if (may("escalate", kind.plural, name)) return;
      refuse(grant, wanted, authorizer);
      return;
    }
    case "rolebindings":
    case "clusterrolebindings": {
      const ref = object["roleRef"] as { kind: string; name: string };
      if (
        live !== undefined &&
        JSON.stringify(live["subjects"] ?? []) === JSON.stringify(object["subjects"] ?? [])
      )
        return;
      const plural = ref.kind === "ClusterRole" ? "clusterroles" : "roles";
      if (may("bind", plural, ref.name)) return;
      const wanted = authorizer.rulesOfRole(ref, namespace);
      if (wanted === undefined) throw notFound({ group, plural }, ref.name);
      refuse(grant, wanted, authorizer);
      return;
    }
  }
}

function refuse({ kind, object, user }: Grant, wanted: readonly Rule[], authorizer: Authorizer): void {
  const { name = "", namespace = "" } = object.metadata;
  const missing = notCovered(authorizer.rulesFor(user, namespace), wanted);
  if (missing.length === 0) return;
  const groups = user.groups.map((one) => JSON.stringify(one)).join(" ");
  const lines = compacted(missing).map(compactText).toSorted();
  throw forbidden(
    kind,
    name,
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}`,
  );
}

/** Parts that differ in their verbs alone become one rule. */
function compacted(parts: readonly Rule[]): Rule[] {
  const rules = new Map<string, { rule: Rule; verbs: string[] }>();
  for (const part of parts) {
    const { verbs = [], ...rest } = part;
    const key = JSON.stringify(rest);
    const known = rules.get(key) ?? { rule: rest, verbs: [] as string[] };
    known.verbs.push(...verbs);
    rules.set(key, known);
  }
  return [...rules.values()].map(({ rule, verbs }) => ({ ...rule, verbs }));
}
