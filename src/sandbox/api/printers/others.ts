import type { KubeObject } from "../../../contract/index.ts";
import { ageColumn, column, list, nameColumn, number, text, type Printer } from "./Printer.ts";

/** What a metric is to be; nobody here measures what it is. */
function metricTarget(metric: Record<string, unknown>): string {
  const type = text(metric, "type");
  const source = type.charAt(0).toLowerCase() + type.slice(1);
  const target = (field: string): string => text(metric, source, "target", field);
  switch (type) {
    case "Resource":
    case "ContainerResource": {
      const share = target("averageUtilization");
      const wanted = target("averageValue") || (share === "" ? "<auto>" : `${share}%`);
      return `${text(metric, source, "name")}: <unknown>/${wanted}`;
    }
    case "Pods":
      return `<unknown>/${target("averageValue")}`;
    case "Object":
    case "External":
      return target("averageValue") === ""
        ? `<unknown>/${target("value")}`
        : `<unknown>/${target("averageValue")} (avg)`;
    default:
      return "<unknown type>";
  }
}

const moreThan = (shown: number, count: number): string =>
  count > shown ? ` + ${count - shown} more...` : "";

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
        list(object, "spec", "metrics").map(metricTarget).slice(0, 2).join(", ") +
          moreThan(2, list(object, "spec", "metrics").length) || "<none>",
    ),
    column("MinPods", (object) => unset(text(object, "spec", "minReplicas"))),
    column("MaxPods", (object) => number(object, "spec", "maxReplicas")),
    column("Replicas", (object) => number(object, "status", "currentReplicas")),
    ageColumn,
  ],
  "autoscaling/Scale": [
    { ...nameColumn, format: "" },
    { name: "Desired", type: "integer", cell: (object) => number(object, "spec", "replicas") },
    { name: "Available", type: "integer", cell: (object) => number(object, "status", "replicas") },
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
