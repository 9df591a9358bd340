import type { Rendering } from "../../platform/index.ts";
import type { Right } from "./Right.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Grant {
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly aggregationRule?: unknown;
  readonly roleRef?: { readonly kind: string; readonly name: string };
}

/** What of a Route's `tls` is guarded as its host is. */
const certificates = [
  "certificate",
  "key",
  "caCertificate",
  "destinationCACertificate",
  "externalCertificate",
];

const group = "rbac.authorization.k8s.io";

/**
 * What an API server demands of whoever writes certain objects, besides the right to write them. Nobody makes a Role of rights that they don't have, or binds a Role that is not theirs to bind; OpenShift lets nobody
 * choose a Route's host without the right to. Sources: pkg/registry/rbac (escalation_check.go, policybased/storage.go); openshift/library-go, route/hostassignment.
 */
export function demandedRights({ objects, namespace: ours }: Rendering): Right[] {
  return objects.flatMap(({ object }): Right[] => {
    const { kind, metadata, rules = [], aggregationRule, roleRef } = object as unknown as Grant;
    const isClusterWide = kind === "ClusterRole" || kind === "ClusterRoleBinding";
    const place = isClusterWide ? {} : { namespace: metadata.namespace ?? ours };
    switch (kind) {
      case "ClusterRole":
      case "Role":
        if (aggregationRule !== undefined && metadata.name !== undefined)
          return [{ verb: "escalate", group, resource: "clusterroles", name: metadata.name }];
        return rules.flatMap((rule) => granted(rule).map((right) => ({ ...right, ...place })));
      case "ClusterRoleBinding":
      case "RoleBinding": {
        // Also of a role that the platform brings: who has all that it grants may bind it too, but only once the server knows the role, which is after a plan was tried out.
        if (roleRef === undefined) return [];
        const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
        return [{ verb: "bind", group, resource, name: roleRef.name, ...place }];
      }
      case "Route": {
        const { host, tls = {} } = (object["spec"] ?? {}) as { host?: string; tls?: Record<string, unknown> };
        if ((host === undefined || host === "") && !certificates.some((one) => Boolean(tls[one]))) return [];
        return [{ verb: "create", group: "route.openshift.io", resource: "routes/custom-host", ...place }];
      }
      default:
        return [];
    }
  });
}

const granted = ({
  apiGroups = [],
  resources = [],
  verbs = [],
  resourceNames = [],
}: Rule): Omit<Right, "namespace">[] =>
  apiGroups.flatMap((one) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        (resourceNames.length === 0 ? [undefined] : resourceNames).map((name) => ({
          verb,
          group: one,
          resource,
          ...(name === undefined ? {} : { name }),
        })),
      ),
    ),
  );
