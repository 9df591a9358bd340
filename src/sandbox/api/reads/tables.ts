import type { KubeObject } from "../../../contract/index.ts";
import type { ApiRequest } from "../ApiRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import { badRequest, StatusError } from "../StatusError.ts";

/** In which form a client wants objects: whole, as rows for people, or only their metadata. */
export type Form = "object" | "table" | "metadata";

const formOfKind: Readonly<Record<string, Form>> = {
  Table: "table",
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadata",
};

const served = new Set([
  "*/*",
  "application/*",
  "application/json",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
]);

/** What a real server calls the form that it has of a kind inside of itself. */
const goTypeOf = ({ custom, group, kind }: ServedKind): string =>
  custom === undefined
    ? `*${group === "" ? "core" : (group.split(".")[0] ?? "")}.${kind}`
    : "*unstructured.Unstructured";

/** The first form of the `accept` header that is served. */
export function formOf(request: ApiRequest, shape: "object" | "list" = "object", kind?: ServedKind): Form {
  const { accept } = request.headers;
  if (accept === undefined || accept === "") return "object";
  if (!accept.includes("as=")) {
    if (!accept.split(",").some((range) => served.has(range.split(";")[0]?.trim() ?? "")))
      throw new StatusError(
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        {},
      );
    return "object";
  }
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    const given = new Map(parameters.map((one) => one.split("=") as [string, string]));
    const as = given.get("as");
    if (as === undefined) return "object";
    const form = formOfKind[as];
    if (form === undefined || given.get("g") !== "meta.k8s.io" || given.get("v") !== "v1") continue;
    if (kind !== undefined && as !== "Table" && (as === "PartialObjectMetadataList") !== (shape === "list")) {
      const is = shape === "list" ? "a list" : "not a list";
      throw new StatusError(
        406,
        "NotAcceptable",
        `you requested ${as}, but the requested object is ${is} (${goTypeOf(kind)}${shape === "list" ? "List" : ""})`,
      );
    }
    return form;
  }
  throw new StatusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

/** Name, labels and so on, without spec and status. */
export const partialMetadata = ({ kind, metadata }: KubeObject): Record<string, unknown> => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: kind === "DaemonSet" ? withoutTemplateGeneration(metadata) : metadata,
});

/** A field inside of a real server, which becomes an annotation only where the whole object is shown. */
function withoutTemplateGeneration(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  const { "deprecated.daemonset.template.generation": _generation, ...annotations } =
    metadata.annotations ?? {};
  const { annotations: _annotations, ...rest } = metadata;
  return Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
}

export interface TableOptions {
  readonly kind: ServedKind;
  readonly objects: readonly KubeObject[];
  /** What a row carries of its object: `Metadata` unless said. */
  readonly includeObject: string | null;
  /** Columns are described in the first table of a watch only. */
  readonly withColumns?: boolean;
  readonly metadata: Record<string, unknown>;
  readonly now: number;
}

/** A `Table`, as `kubectl get` prints it. */
export function tableOf({
  kind,
  objects,
  includeObject,
  withColumns = true,
  metadata,
  now,
}: TableOptions): unknown {
  const { printer } = kind;
  if (includeObject && !["Metadata", "Object", "None"].includes(includeObject))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(includeObject)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: withColumns
      ? printer.map(({ name, type, format, description, priority }) => ({
          name,
          type,
          format: format ?? "",
          description: description ?? "",
          priority: priority ?? 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: printer.map(({ cell }) => cell(object, now) ?? null),
      ...rowConditions(object),
      ...(includeObject === "None"
        ? { object: null }
        : { object: includeObject === "Object" ? object : partialMetadata(object) }),
    })),
  };
}

const endOf: Readonly<Record<string, string>> = {
  Succeeded: "The pod has completed successfully.",
  Failed: "The pod failed.",
};

/** A pod that has ended says so in its row. */
function rowConditions(object: KubeObject): { conditions?: object[] } {
  if (object.kind !== "Pod" || object.apiVersion !== "v1") return {};
  const { phase = "" } = (object["status"] ?? {}) as { phase?: string };
  const message = endOf[phase];
  if (message === undefined) return {};
  return { conditions: [{ type: "Completed", status: "True", reason: phase, message }] };
}
