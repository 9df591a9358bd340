import type { SchemaNode as TableNode } from "../../../kube/SchemaNode.ts";
import { omittedWhenZero } from "./omittedWhenZero.ts";
import { type ScalarType, type SchemaNode, anyAtomicNode, anyNode } from "./SchemaNode.ts";

/**
 * The node of a built-in kind, from the generated table (`loadSchema` of kube/). One node for one node: asking twice gives the same.
 *
 * @param typeName - the kind's name, for messages.
 */
export function schemaOfTable(table: TableNode, typeName: string): SchemaNode {
  let node = known.get(table);
  if (node === undefined) known.set(table, (node = new LazyNode(table, typeName)));
  return node;
}

const known = new WeakMap<TableNode, SchemaNode>();

/**
 * Fields that are no pointers in Kubernetes' Go types, so that they are always there. The OpenAPI documents don't tell them from optional ones.
 * Lists that are required are always there too.
 */
const alwaysThere = new Set([
  "metadata",
  "spec",
  "status",
  "template",
  "jobTemplate",
  "strategy",
  "updateStrategy",
  "resources",
  "loadBalancer",
  "source",
  "involvedObject",
  "podSelector",
  "names",
  "acceptedNames",
  "scaleTargetRef",
  "daemonEndpoints",
  "kubeletEndpoint",
  "nodeInfo",
]);

/** Scalars of which the same is true: those of an Event. */
const alwaysWritten = new Set([
  "reportingComponent",
  "reportingInstance",
  "firstTimestamp",
  "lastTimestamp",
  "eventTime",
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
]);

/** Go's names of types, by the field that holds them, where they can't be derived from it. */
const typeNames: Readonly<Record<string, string>> = {
  metadata: "ObjectMeta",
  template: "PodTemplateSpec",
  jobTemplate: "JobTemplateSpec",
  resources: "ResourceRequirements",
  containers: "Container",
  initContainers: "Container",
  ephemeralContainers: "EphemeralContainer",
  env: "EnvVar",
  envFrom: "EnvFromSource",
  valueFrom: "EnvVarSource",
  volumeMounts: "VolumeMount",
  volumes: "Volume",
  selector: "LabelSelector",
  podSelector: "LabelSelector",
  namespaceSelector: "LabelSelector",
  livenessProbe: "Probe",
  readinessProbe: "Probe",
  startupProbe: "Probe",
  httpGet: "HTTPGetAction",
  exec: "ExecAction",
  tcpSocket: "TCPSocketAction",
  tolerations: "Toleration",
  ownerReferences: "OwnerReference",
  rules: "PolicyRule",
  subjects: "Subject",
  strategy: "DeploymentStrategy",
};

function nameOfType(field: string, parent: string): string {
  if (field === "spec")
    return parent === "PodTemplateSpec"
      ? "PodSpec"
      : parent.endsWith("TemplateSpec")
        ? parent.replace("TemplateSpec", "Spec")
        : `${parent}Spec`;
  if (field === "status") return `${parent}Status`;
  if (field === "ports") return parent === "ServiceSpec" ? "ServicePort" : "ContainerPort";
  if (field === "rules" && parent === "IngressSpec") return "IngressRule";
  if (field === "selector" && parent === "ServiceSpec") return "ServiceSpec";
  const given = typeNames[field];
  if (given !== undefined) return given;
  const singular = field.endsWith("s") && !field.endsWith("ss") ? field.slice(0, -1) : field;
  return singular.slice(0, 1).toUpperCase() + singular.slice(1);
}

class LazyNode implements SchemaNode {
  readonly shape: SchemaNode["shape"];
  readonly scalar?: ScalarType;
  readonly format?: string;
  readonly atomic: boolean;
  readonly keys?: readonly string[];
  readonly keyDefaults?: Readonly<Record<string, unknown>>;
  readonly preserveUnknown?: boolean;
  readonly patchMergeKey?: string;
  readonly patchStrategy?: readonly string[];
  readonly typeName: string;
  readonly required?: readonly string[];
  readonly embedded?: ReadonlySet<string>;
  readonly omittedWhenZero?: ReadonlySet<string>;
  readonly #table: TableNode;
  #fields: ReadonlyMap<string, SchemaNode> | undefined;
  #element: SchemaNode | undefined;

  constructor(table: TableNode, typeName: string) {
    this.#table = table;
    this.typeName = typeName;
    this.shape = shapeOf(table);
    this.format = table.format;
    this.required = table.required;
    this.preserveUnknown = table.preserveUnknownFields;
    this.patchMergeKey = table.patchMergeKey;
    this.patchStrategy = table.patchStrategy;
    if (this.shape === "scalar") this.scalar = scalarOf(table);
    if (this.shape === "object") {
      this.embedded = embeddedOf(table);
      this.omittedWhenZero = omittedWhenZero(table, typeName);
    }
    this.atomic =
      table.type === "array"
        ? table.listType === undefined || table.listType === "atomic"
        : table.mapType === "atomic";
    if (table.type === "array" && table.listType === "map") {
      this.keys = [...(table.listMapKeys ?? [])].toSorted();
      const defaults: Record<string, unknown> = {};
      for (const key of this.keys) {
        const property = table.items?.properties?.[key];
        if (property?.default !== undefined) defaults[key] = property.default;
        // In Go a field that is no pointer has a value, if only an empty one.
        else if (property?.type === "string" && table.items?.required?.includes(key)) defaults[key] = "";
      }
      // Ports without a protocol are TCP; the documents say so as a default of the field in newer versions.
      if (this.keys.includes("protocol") && defaults["protocol"] === undefined) defaults["protocol"] = "TCP";
      this.keyDefaults = defaults;
    }
  }

  get fields(): ReadonlyMap<string, SchemaNode> | undefined {
    if (this.#table.properties === undefined) return undefined;
    return (this.#fields ??= new Map(
      Object.entries(this.#table.properties).map(([name, node]) => [
        name,
        // Messages name the type that has the map.
        nodeOf(node, node.type === "map" ? this.typeName : nameOfType(name, this.typeName)),
      ]),
    ));
  }

  get element(): SchemaNode | undefined {
    const inner = this.#table.items ?? this.#table.values;
    return inner === undefined ? undefined : (this.#element ??= nodeOf(inner, this.typeName));
  }
}

/** Free-form values: a raw object is merged by field, a bare JSON value is taken as a whole. */
function nodeOf(table: TableNode, typeName: string): SchemaNode {
  if (table.type === "any")
    // Of what is kept raw nobody owns a part.
    return table.preserveUnknownFields === true || table.mapType === "atomic" ? anyAtomicNode : anyNode;
  return schemaOfTable(table, typeName);
}

function shapeOf(table: TableNode): SchemaNode["shape"] {
  switch (table.type) {
    case "object":
      return table.properties === undefined && table.values !== undefined ? "map" : "object";
    case "map":
      return "map";
    case "array":
      return "list";
    case "any":
      return "any";
    default:
      return "scalar";
  }
}

function scalarOf(table: TableNode): ScalarType {
  if (table.type === "string" && table.format === "byte") return "bytes";
  if (table.type === "string" && table.format === "date-time") return "time";
  return table.type as ScalarType;
}

function embeddedOf(table: TableNode): ReadonlySet<string> {
  const out = new Set<string>();
  for (const [name, node] of Object.entries(table.properties ?? {})) {
    if (
      node.type === "object"
        ? alwaysThere.has(name)
        : alwaysWritten.has(name) || (node.type === "array" && table.required?.includes(name))
    )
      out.add(name);
  }
  return out;
}
