import type { KubeObject } from "../../src/contract/index.ts";
import { nodeUser } from "./writeCredentials.ts";

const rule = (apiGroups: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroups],
  resources,
  verbs,
});
const read = ["get", "list", "watch"];

/** What the sandbox's node does at an API server, and what the maker of its volumes does: nothing beyond. */
export const nodeRights: readonly KubeObject[] = [
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "moorage:node" },
    rules: [
      rule("", ["nodes"], ["get", "create", "patch"]),
      rule("", ["nodes/status", "pods/status"], ["patch"]),
      rule("", ["pods"], [...read, "patch", "delete"]),
      // Their loopback ports are written into an annotation.
      rule("", ["services"], [...read, "patch"]),
      rule("discovery.k8s.io", ["endpointslices"], read),
      rule("", ["configmaps", "secrets", "persistentvolumeclaims", "persistentvolumes"], read),
      rule("", ["serviceaccounts/token"], ["create"]),
      rule("", ["events"], ["create", "patch", "update"]),
      rule("events.k8s.io", ["events"], ["create", "patch", "update"]),
      rule("coordination.k8s.io", ["leases"], ["create", "patch"]),
      rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
      // The maker of volumes.
      rule("", ["persistentvolumes"], ["create", "delete"]),
      rule("storage.k8s.io", ["storageclasses"], ["create"]),
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "moorage:node" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "moorage:node" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: nodeUser }],
  },
];
