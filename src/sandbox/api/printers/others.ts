import type { KubeObject } from "../../../contract/index.ts";
import { ageColumn, column, list, nameColumn, number, text, type Printer } from "./Printer.ts";

const unset = (value: string): string => (value === "" ? "<unset>" : value);

export const otherPrinters: Record<string, Printer> = {
  "coordination.k8s.io/Lease": [
    nameColumn,
    column("Holder", (object) => text(object, "spec", "holderIdentity")),
    ageColumn,
  ],
  "policy/PodDisruptionBudget": [
    nameColumn,
    column("Min Available", (object) => text(object, "spec", "minAvailable") || "N/A"),
    column("Max Unavailable", (object) => text(object, "spec", "maxUnavailable") || "N/A"),
    {
      name: "Allowed Disruptions",
      type: "integer",
      cell: (object) => number(object, "status", "disruptionsAllowed"),
    },
    ageColumn,
  ],
  "autoscaling/HorizontalPodAutoscaler": [
    nameColumn,
    column(
      "Reference",
      (object) =>
        `${text(object, "spec", "scaleTargetRef", "kind")}/${text(object, "spec", "scaleTargetRef", "name")}`,
    ),
    column(
      "Targets",
      (object) =>
        list(object, "spec", "metrics")
          .map(
            (metric) =>
              `${text(metric, "resource", "name")}: <unknown>/${text(metric, "resource", "target", "averageUtilization")}%`,
          )
          .join(", ") || "<none>",
    ),
    column("MinPods", (object) => unset(text(object, "spec", "minReplicas"))),
    column("MaxPods", (object) => number(object, "spec", "maxReplicas")),
    column("Replicas", (object) => number(object, "status", "currentReplicas")),
    ageColumn,
  ],
  "storage.k8s.io/StorageClass": [
    {
      ...nameColumn,
      cell: ({ metadata }) =>
        metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"
          ? `${metadata.name} (default)`
          : metadata.name,
    },
    column("Provisioner", (object) => text(object, "provisioner")),
    column("ReclaimPolicy", (object) => text(object, "reclaimPolicy") || "Delete"),
    column("VolumeBindingMode", (object) => text(object, "volumeBindingMode") || "Immediate"),
    {
      name: "AllowVolumeExpansion",
      type: "boolean",
      cell: (object) => object["allowVolumeExpansion"] === true,
    },
    ageColumn,
  ],
  "scheduling.k8s.io/PriorityClass": [
    nameColumn,
    { name: "Value", type: "integer", cell: (object) => number(object, "value") },
    { name: "Global-Default", type: "boolean", cell: (object) => object["globalDefault"] === true },
    ageColumn,
    column("PreemptionPolicy", (object) => text(object, "preemptionPolicy"), 1),
  ],
  "node.k8s.io/RuntimeClass": [nameColumn, column("Handler", (object) => text(object, "handler")), ageColumn],
  "apiextensions.k8s.io/CustomResourceDefinition": [
    nameColumn,
    { name: "Created At", type: "date", cell: ({ metadata }) => metadata.creationTimestamp },
  ],
  "rbac.authorization.k8s.io/Role": [
    nameColumn,
    { name: "Created At", type: "date", cell: ({ metadata }) => metadata.creationTimestamp },
  ],
  "rbac.authorization.k8s.io/ClusterRole": [
    nameColumn,
    { name: "Created At", type: "date", cell: ({ metadata }) => metadata.creationTimestamp },
  ],
  "rbac.authorization.k8s.io/RoleBinding": bindingPrinter(),
  "rbac.authorization.k8s.io/ClusterRoleBinding": bindingPrinter(),
};

function bindingPrinter(): Printer {
  const subjects = (kind: string) => (object: KubeObject) =>
    list(object, "subjects")
      .filter((one) => one["kind"] === kind)
      .map((one) =>
        kind === "ServiceAccount" ? `${text(one, "namespace")}/${text(one, "name")}` : text(one, "name"),
      )
      .join(", ");
  return [
    nameColumn,
    column("Role", (object) => `${text(object, "roleRef", "kind")}/${text(object, "roleRef", "name")}`),
    ageColumn,
    column("Users", subjects("User"), 1),
    column("Groups", subjects("Group"), 1),
    column("ServiceAccounts", subjects("ServiceAccount"), 1),
  ];
}
