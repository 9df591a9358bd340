import type { KubeObject } from "../../contract/index.ts";
import type { PlatformRights } from "./rightsOf.ts";
import type { Right } from "./Right.ts";

/** Whom the Roles are bound to. */
export interface Subject {
  readonly kind: "User" | "Group" | "ServiceAccount";
  readonly name: string;
  /** Of a ServiceAccount. */
  readonly namespace?: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const rbac = "rbac.authorization.k8s.io/v1";

/** Of the Roles for one environment of a platform. */
export const roleName = ({
  platform,
  environment,
}: Pick<PlatformRights, "platform" | "environment">): string => `moorage-${platform}-${environment}`;

/**
 * The rights as objects: in each namespace a Role of what is required and one of what is optional, and, where objects without a namespace are deployed, a ClusterRole; each bound to the subjects.
 */
export function roleObjects(rights: PlatformRights, subjects: readonly Subject[] = []): KubeObject[] {
  const { namespace, required, optional, clusterWide } = rights;
  const name = roleName(rights);
  const others = [...required, ...optional].flatMap((right) => right.namespace ?? []);
  return [
    ...[...new Set([namespace, ...others])].flatMap((place) => {
      const there = (right: Right): boolean => right.namespace === place;
      return [
        ...role("Role", name, required.filter(there), place, subjects),
        ...role("Role", `${name}-optional`, optional.filter(there), place, subjects),
      ];
    }),
    ...role("ClusterRole", name, clusterWide, undefined, subjects),
  ];
}

function role(
  kind: "Role" | "ClusterRole",
  name: string,
  rights: readonly Right[],
  namespace: string | undefined,
  subjects: readonly Subject[],
): KubeObject[] {
  if (rights.length === 0) return [];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const binding: KubeObject = {
    apiVersion: rbac,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    subjects: subjects.map((subject) => ({
      ...subject,
      ...(subject.kind === "ServiceAccount" ? {} : { apiGroup: "rbac.authorization.k8s.io" }),
    })),
  };
  return [
    { apiVersion: rbac, kind, metadata, rules: rulesOf(rights) },
    ...(subjects.length === 0 ? [] : [binding]),
  ];
}

/** Rights that differ in their verbs alone are one rule; then kinds of one group with the same verbs are. */
function rulesOf(rights: readonly Right[]): Rule[] {
  const byKind = new Map<string, { right: Right; verbs: Set<string> }>();
  for (const right of rights) {
    const key = `${right.group} ${right.resource} ${right.name ?? ""}`;
    const known = byKind.get(key) ?? { right, verbs: new Set<string>() };
    known.verbs.add(right.verb);
    byKind.set(key, known);
  }
  const rules = new Map<string, { rule: Rule; resources: string[] }>();
  for (const { right, verbs } of byKind.values()) {
    const sorted = [...verbs].toSorted();
    const key = `${right.group} ${right.name ?? ""} ${sorted.join()}`;
    const known = rules.get(key) ?? {
      rule: {
        apiGroups: [right.group],
        resources: [],
        verbs: sorted,
        ...(right.name === undefined ? {} : { resourceNames: [right.name] }),
      },
      resources: [],
    };
    known.resources.push(right.resource);
    rules.set(key, known);
  }
  return [...rules.values()].map(({ rule: { apiGroups, verbs, resourceNames }, resources }) => ({
    apiGroups,
    resources: resources.toSorted(),
    ...(resourceNames === undefined ? {} : { resourceNames }),
    verbs,
  }));
}
