import type { KubeObject } from "../../contract/index.ts";
import { parseLabelSelector, type Requirement } from "./labelSelector.ts";
import { badRequest } from "./StatusError.ts";

export type ObjectTest = (object: KubeObject) => boolean;

function meets(labels: Record<string, string>, { key, operator, values }: Requirement): boolean {
  const has = Object.hasOwn(labels, key);
  const value = labels[key] ?? "";
  switch (operator) {
    case "exists":
      return has;
    case "!":
      return !has;
    case "in":
      return has && values.includes(value);
    case "notin":
      return !has || !values.includes(value);
    case "gt":
      return has && Number.parseInt(value, 10) > Number(values[0]);
    default:
      return has && Number.parseInt(value, 10) < Number(values[0]);
  }
}

/** Undefined when everything matches. */
export function labelTest(text: string | null | undefined): ObjectTest | undefined {
  if (!text) return undefined;
  const requirements = parseLabelSelector(text);
  if (requirements.length === 0) return undefined;
  return ({ metadata }) => {
    const labels = metadata.labels ?? {};
    return requirements.every((one) => meets(labels, one));
  };
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const operators: Readonly<Record<string, Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** A LabelSelector as objects hold it. None matches nothing, an empty one everything. */
export function labelTestOf(selector: unknown): (labels: Record<string, string>) => boolean {
  if (typeof selector !== "object" || selector === null) return () => false;
  const { matchLabels = {}, matchExpressions = [] } = selector as LabelSelector;
  const requirements: Requirement[] = [
    ...Object.entries(matchLabels).map(([key, value]): Requirement => ({
      key,
      operator: "in",
      values: [value],
    })),
    ...matchExpressions.map(({ key, operator, values = [] }): Requirement => ({
      key,
      operator: operators[operator] ?? "!",
      values: [...values],
    })),
  ];
  return (labels) => requirements.every((one) => meets(labels, one));
}

/** Fields that a selector may name, beyond `metadata.name` and `metadata.namespace`. A value is looked up by path unless a function says how. */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  "/Pod": [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  "/Event": [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "events.k8s.io/Event": [
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
  ],
  "/Secret": ["type"],
  "/Namespace": ["status.phase"],
  "/Node": ["spec.unschedulable"],
  "/Service": ["spec.clusterIP", "spec.type"],
  "/ReplicationController": ["status.replicas"],
  "apps/ReplicaSet": ["status.replicas"],
  "batch/Job": ["status.successful"],
  "certificates.k8s.io/CertificateSigningRequest": ["spec.signerName"],
};

/** Where a selectable field really lies, when it is not at its own name. */
const fieldPaths: Readonly<Record<string, string>> = {
  "status.successful": "status.succeeded",
  source: "source.component",
};

function fieldOf(object: KubeObject, field: string): string {
  let value: unknown = object;
  for (const part of (fieldPaths[field] ?? field).split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) {
      value = undefined;
      break;
    }
    value = (value as Record<string, unknown>)[part];
  }
  if (value === undefined || value === null)
    return field === "spec.unschedulable" || field === "spec.hostNetwork"
      ? "false"
      : /^status\.(successful|replicas)$/.test(field)
        ? "0"
        : "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Undefined when everything matches. Throws 400 for a field that the kind does not offer. */
export function fieldTest(
  text: string | null | undefined,
  kind: { group: string; kind: string; version: string },
  extraFields: readonly string[] = [],
): ObjectTest | undefined {
  if (!text) return undefined;
  const allowed = new Set([
    "metadata.name",
    "metadata.namespace",
    ...(selectableFields[`${kind.group}/${kind.kind}`] ?? []),
    ...extraFields,
  ]);
  const tests = text
    .split(/(?<!\\),/)
    .filter((part) => part !== "" && part !== "=" && part !== "==")
    .map((part): ObjectTest => {
      const match = /^(?<field>[^=!]+?)(?<operator>==|!=|=)(?<value>.*)$/s.exec(part);
      if (match?.groups === undefined)
        throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const { field = "", operator, value: raw = "" } = match.groups;
      const value = unescaped(raw);
      if (!allowed.has(field))
        throw badRequest(
          // Kinds without fields of their own are answered by what all have in common.
          allowed.size === 2 && !kind.group.includes(".")
            ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
            : `field label not supported: ${field}`,
        );
      return operator === "!="
        ? (object) => fieldOf(object, field) !== value
        : (object) => fieldOf(object, field) === value;
    });
  if (tests.length === 0) return undefined;
  return (object) => tests.every((test) => test(object));
}

/** Source: k8s.io/apimachinery/pkg/fields/selector.go, UnescapeValue. */
function unescaped(raw: string): string {
  const left = /[\\,=]/.exec(raw.replaceAll(/\\[\\,=]/g, ""))?.[0];
  if (left === "\\") throw badRequest(`invalid field selector: invalid escape sequence: ${left}`);
  if (left !== undefined)
    throw badRequest(`invalid field selector: unescaped character in value: ${left.charCodeAt(0)}`);
  return raw.replaceAll(/\\([\\,=])/g, "$1");
}

/** Both at once; undefined when everything matches. */
export function bothTests(a: ObjectTest | undefined, b: ObjectTest | undefined): ObjectTest | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return (object) => a(object) && b(object);
}
