import type { KubeObject } from "../../../contract/index.ts";
import { podPrinter } from "./pod.ts";
import {
  ageColumn,
  ageOf,
  at,
  column,
  labelsText,
  list,
  nameColumn,
  number,
  orNone,
  text,
  type Printer,
} from "./Printer.ts";

const keysOf = (object: KubeObject, ...fields: string[]): number =>
  fields.reduce((sum, field) => sum + Object.keys(object[field] ?? {}).length, 0);

function accessModes(object: KubeObject, ...path: string[]): string {
  const short: Record<string, string> = {
    ReadWriteOnce: "RWO",
    ReadOnlyMany: "ROX",
    ReadWriteMany: "RWX",
    ReadWriteOncePod: "RWOP",
  };
  return (list(object, ...path) as unknown as string[]).map((mode) => short[mode] ?? mode).join(",");
}

function externalIp(service: KubeObject): string {
  const external = list(service, "spec", "externalIPs") as unknown as string[];
  switch (text(service, "spec", "type")) {
    case "ExternalName":
      return text(service, "spec", "externalName");
    case "LoadBalancer": {
      const given = list(service, "status", "loadBalancer", "ingress").map(
        (one) => text(one, "ip") || text(one, "hostname"),
      );
      return [...given, ...external].join(",") || "<pending>";
    }
    default:
      return orNone(external.join(","));
  }
}

const portsText = (service: KubeObject): string =>
  orNone(
    list(service, "spec", "ports")
      .map(
        (port) =>
          `${number(port, "port")}${port["nodePort"] ? `:${number(port, "nodePort")}` : ""}/${text(port, "protocol") || "TCP"}`,
      )
      .join(","),
  );

function endpointsText(endpoints: KubeObject): string {
  const addresses = list(endpoints, "subsets").flatMap((subset) => {
    const ips = list(subset, "addresses").map((one) => text(one, "ip"));
    const ports = list(subset, "ports").map((port) => number(port, "port"));
    return ports.length === 0 ? ips : ports.flatMap((port) => ips.map((ip) => `${ip}:${port}`));
  });
  return addresses.length === 0
    ? "<none>"
    : addresses.length > 3
      ? `${addresses.slice(0, 3).join(",")} + ${addresses.length - 3} more...`
      : addresses.join(",");
}

function nodeStatus(node: KubeObject): string {
  const ready = list(node, "status", "conditions").find((one) => one["type"] === "Ready");
  const state = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
  return at(node, "spec", "unschedulable") === true ? `${state},SchedulingDisabled` : state;
}

const addressOf = (node: KubeObject, type: string): string =>
  orNone(
    text(
      list(node, "status", "addresses").find((one) => one["type"] === type),
      "address",
    ),
  );

function nodeRoles({ metadata }: KubeObject): string {
  const roles = Object.keys(metadata.labels ?? {})
    .filter((key) => key.startsWith("node-role.kubernetes.io/"))
    .map((key) => key.slice(24));
  return orNone(roles.toSorted().join(","));
}

const eventPrinter: Printer = [
  column("Last Seen", (event, now) => {
    const seen =
      event["lastTimestamp"] ??
      at(event, "series", "lastObservedTime") ??
      event["eventTime"] ??
      event["firstTimestamp"];
    return ageOf(seen ?? event.metadata.creationTimestamp, now);
  }),
  column("Type", (event) => text(event, "type")),
  column("Reason", (event) => text(event, "reason")),
  column(
    "Object",
    (event) =>
      `${text(event, "involvedObject", "kind").toLowerCase()}/${text(event, "involvedObject", "name")}`,
  ),
  column("Subobject", (event) => text(event, "involvedObject", "fieldPath"), 1),
  column(
    "Source",
    (event) =>
      [text(event, "source", "component") || text(event, "reportingComponent"), text(event, "source", "host")]
        .filter(Boolean)
        .join(", "),
    1,
  ),
  column("Message", (event) => text(event, "message").trim()),
  column("First Seen", (event, now) => ageOf(event["firstTimestamp"] ?? event["eventTime"], now), 1),
  column("Count", (event) => number(event, "series", "count") || number(event, "count") || 1, 1),
  { ...nameColumn, priority: 1 },
];

export const corePrinters: Record<string, Printer> = {
  "/Pod": podPrinter,
  "/Event": eventPrinter,
  "/Namespace": [nameColumn, column("Status", (object) => text(object, "status", "phase")), ageColumn],
  "/ConfigMap": [nameColumn, column("Data", (object) => keysOf(object, "data", "binaryData")), ageColumn],
  "/Secret": [
    nameColumn,
    column("Type", (object) => text(object, "type")),
    column("Data", (object) => keysOf(object, "data")),
    ageColumn,
  ],
  "/ServiceAccount": [nameColumn, ageColumn],
  "/Service": [
    nameColumn,
    column("Type", (object) => text(object, "spec", "type") || "ClusterIP"),
    column("Cluster-IP", (object) => orNone(text(object, "spec", "clusterIP"))),
    column("External-IP", externalIp),
    column("Port(s)", portsText),
    ageColumn,
    column("Selector", (object) => labelsText(at(object, "spec", "selector")), 1),
  ],
  "/Endpoints": [nameColumn, column("Endpoints", endpointsText), ageColumn],
  "/Node": [
    nameColumn,
    column("Status", nodeStatus),
    column("Roles", nodeRoles),
    ageColumn,
    column("Version", (object) => text(object, "status", "nodeInfo", "kubeletVersion")),
    column("Internal-IP", (object) => addressOf(object, "InternalIP"), 1),
    column("External-IP", (object) => addressOf(object, "ExternalIP"), 1),
    column("OS-Image", (object) => text(object, "status", "nodeInfo", "osImage") || "<unknown>", 1),
    column(
      "Kernel-Version",
      (object) => {
        const architecture = text(object, "status", "nodeInfo", "architecture");
        const kernel = text(object, "status", "nodeInfo", "kernelVersion") || "<unknown>";
        return architecture ? `${kernel} (${architecture})` : kernel;
      },
      1,
    ),
    column(
      "Container-Runtime",
      (object) => text(object, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>",
      1,
    ),
  ],
  "/PersistentVolumeClaim": [
    nameColumn,
    column("Status", (object) =>
      object.metadata.deletionTimestamp === undefined ? text(object, "status", "phase") : "Terminating",
    ),
    column("Volume", (object) => text(object, "spec", "volumeName")),
    column("Capacity", (object) => text(object, "status", "capacity", "storage")),
    column("Access Modes", (object) => accessModes(object, "status", "accessModes")),
    column("StorageClass", (object) => text(object, "spec", "storageClassName")),
    column(
      "VolumeAttributesClass",
      (object) => text(object, "spec", "volumeAttributesClassName") || "<unset>",
    ),
    ageColumn,
    column("VolumeMode", (object) => text(object, "spec", "volumeMode") || "<unset>", 1),
  ],
  "/PersistentVolume": [
    nameColumn,
    column("Capacity", (object) => text(object, "spec", "capacity", "storage")),
    column("Access Modes", (object) => accessModes(object, "spec", "accessModes")),
    column("Reclaim Policy", (object) => text(object, "spec", "persistentVolumeReclaimPolicy")),
    column("Status", (object) =>
      object.metadata.deletionTimestamp === undefined ? text(object, "status", "phase") : "Terminating",
    ),
    column("Claim", (object) =>
      at(object, "spec", "claimRef") === undefined
        ? ""
        : `${text(object, "spec", "claimRef", "namespace")}/${text(object, "spec", "claimRef", "name")}`,
    ),
    column("StorageClass", (object) => text(object, "spec", "storageClassName")),
    column(
      "VolumeAttributesClass",
      (object) => text(object, "spec", "volumeAttributesClassName") || "<unset>",
    ),
    column("Reason", (object) => text(object, "status", "reason")),
    ageColumn,
    column("VolumeMode", (object) => text(object, "spec", "volumeMode") || "<unset>", 1),
  ],
  "/ResourceQuota": [
    nameColumn,
    column("Request", (object) => quotaText(object, false)),
    column("Limit", (object) => quotaText(object, true)),
    ageColumn,
  ],
  "/LimitRange": [
    nameColumn,
    { name: "Created At", type: "date", cell: (object) => text(object, "metadata", "creationTimestamp") },
  ],
};

function quotaText(quota: KubeObject, limits: boolean): string {
  const hard = (at(quota, "status", "hard") ?? {}) as Record<string, unknown>;
  return Object.keys(hard)
    .filter((name) => name.startsWith("limits") === limits)
    .toSorted()
    .map((name) => `${name}: ${text(quota, "status", "used", name)}/${text(hard, name)}`)
    .join(", ");
}
