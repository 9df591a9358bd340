import { apiVersionOf } from "../../kube/KindInfo.ts";
import { builtinKinds } from "../../kube/table/builtinKinds.ts";
import type { KubeObject } from "../../contract/index.ts";
import type { ApiRequest } from "./ApiRequest.ts";
import { duplicateKeys } from "./schema/duplicateKeys.ts";
import type { ServedKind } from "./ServedKind.ts";
import { badRequest, type StatusError, unsupportedMediaType } from "./StatusError.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Go's JSON reads what is not UTF-8 as U+FFFD. */
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

export interface RequestBody {
  readonly value: unknown;
  /** The text it was parsed from, when it was JSON: duplicate members are looked for in it. */
  readonly raw?: string;
  /** Of YAML: a sentence for every key that was set already. */
  readonly doubled?: readonly string[];
}

const mediaTypeOf = (request: ApiRequest): string =>
  (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";

/** The parsed body: JSON, YAML or protobuf, as `content-type` says. Errors: 400, 415. */
export async function requestBody(request: ApiRequest): Promise<RequestBody> {
  const type = mediaTypeOf(request);
  if (type === "application/vnd.kubernetes.protobuf") {
    const { loadProtobuf } = await import("../../kube/loadProtobuf.ts");
    try {
      return { value: loadProtobuf()(request.body) };
    } catch (error) {
      throw badRequest((error as Error).message);
    }
  }
  if (type === "application/yaml") {
    const doubled: string[] = [];
    return { value: await parseYaml(textOf(request), doubled), doubled };
  }
  const unsaid = type === "" && !request.headers["content-type"];
  const isPatch = request.method === "PATCH" && type.endsWith("+json");
  if (type !== "application/json" && !isPatch && !unsaid) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf`,
    );
  }
  const raw = lenientDecoder.decode(request.body);
  return { value: parseJson(raw), raw };
}

/** The body of an apply: YAML, of which JSON is a part. `doubled`: a sentence for every key that was set already. */
export async function applyBody(request: ApiRequest, doubled: string[]): Promise<unknown> {
  const text = textOf(request);
  if (text.trimStart().startsWith("{")) {
    const value = parseJson(text);
    if (duplicateKeys(text).length === 0) return value;
  }
  return await parseYaml(text, doubled);
}

function textOf(request: ApiRequest): string {
  try {
    return decoder.decode(request.body);
  } catch {
    throw badRequest("the body of the request is not valid UTF-8");
  }
}

function parseJson(text: string): unknown {
  if (deeperThan(text, deepest)) throw badRequest("error decoding: exceeded max depth");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

async function parseYaml(text: string, doubled: string[] = []): Promise<unknown> {
  if (deeperThan(text, deepest)) throw badRequest("error converting YAML to JSON: yaml: exceeded max depth");
  const { isCollection, isScalar, LineCounter, parseAllDocuments, visit } = await import("yaml");
  const lineCounter = new LineCounter();
  try {
    // What follows the first document is not looked at. Keys that occur twice are looked for below: the parser compares each with all others.
    const [document] = parseAllDocuments(text, {
      merge: true,
      version: "1.1",
      uniqueKeys: false,
      lineCounter,
    });
    if (document === undefined || !("contents" in document)) return null;
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const found: number[] = [];
    visit(document, {
      Pair(_, { key }) {
        if (isCollection(key)) throw new Error(`invalid map key: ${String(key)}`);
      },
      Map(_, { items }) {
        const seen = new Set<unknown>();
        for (const { key } of items) {
          if (!isScalar(key)) continue;
          if (seen.has(key.value)) found.push(key.range?.[0] ?? 0);
          seen.add(key.value);
        }
      },
    });
    for (const at of found.toSorted((x, y) => x - y)) {
      const key = /^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^:]*)/.exec(text.slice(at, at + 1000))?.[1]?.trim() ?? "";
      doubled.push(
        `line ${lineCounter.linePos(at).line}: key ${JSON.stringify(key.replace(/^(["'])(.*)\1$/, "$2"))} already set in map`,
      );
    }
    // No alias may be expanded more than a hundred times: a few lines must not become gigabytes.
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${(error as Error).message}`);
  }
}

/** Levels of a body. */
const deepest = 1000;

/** Go's decoder stops at 10,000 levels; what walks values here recurses, so we stop earlier. Braces in strings count too: good enough for a bound. */
function deeperThan(text: string, most: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

/** The body as an object of a kind; its apiVersion and kind are those of the path, or it is refused. */
export async function objectBody(
  request: ApiRequest,
  kind: ServedKind,
): Promise<Omit<RequestBody, "value"> & { object: KubeObject }> {
  const { value, ...body } = await requestBody(request);
  return { object: asObject(value, kind), ...body };
}

export function asObject(sent: unknown, kind: ServedKind): KubeObject {
  // Go reads null as an object without anything.
  const value = sent === null && kind.custom === undefined ? {} : sent;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct`,
    );
  }
  const object = value as KubeObject;
  const apiVersion = apiVersionOf(kind);
  // Built-in kinds may leave both out; then they are those of the path.
  object.apiVersion ||= apiVersion;
  object.kind ||= kind.kind;
  if (!kind.custom && (object.apiVersion !== apiVersion || object.kind !== kind.kind))
    throw otherKind(object, kind);
  if (object.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (object.kind !== kind.kind) {
    throw badRequest(
      `${object.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: the kind in the data does not match`,
    );
  }
  const { metadata } = object as { metadata?: unknown };
  if (metadata === undefined || metadata === null) object.metadata = {};
  else if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw badRequest(
      `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: json: cannot unmarshal ${Array.isArray(metadata) ? "array" : typeof metadata} into Go struct field .metadata of type v1.ObjectMeta`,
    );
  }
  return object;
}

/** What Go calls the package of a group's own form: `rbac` of `rbac.authorization.k8s.io`. */
const packageOf = (group: string): string => (group === "" ? "core" : (group.split(".")[0] ?? ""));

/** Versions that are served no more, and which a real server still can read. */
const formerVersions: Readonly<Record<string, readonly string[]>> = {
  "apps/v1beta1": ["ControllerRevision", "Deployment", "StatefulSet"],
  "apps/v1beta2": ["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
  "batch/v1beta1": ["CronJob"],
  "coordination.k8s.io/v1beta1": ["Lease"],
  "discovery.k8s.io/v1beta1": ["EndpointSlice"],
  "events.k8s.io/v1beta1": ["Event"],
  "extensions/v1beta1": ["DaemonSet", "Deployment", "Ingress", "NetworkPolicy", "ReplicaSet"],
  "networking.k8s.io/v1beta1": ["Ingress", "IngressClass"],
  "policy/v1beta1": ["PodDisruptionBudget"],
  "rbac.authorization.k8s.io/v1beta1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  "scheduling.k8s.io/v1beta1": ["PriorityClass"],
  "storage.k8s.io/v1beta1": ["CSIDriver", "StorageClass"],
};

/** An object of another kind than the path's: which refusal it is hangs on whether that kind exists. */
export function otherKind(
  object: KubeObject,
  kind: Pick<ServedKind, "group" | "version" | "kind">,
): StatusError {
  const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? apiVersion.split("/")[0]! : "");
  const served = builtinKinds.some(
    (one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion,
  );
  if (
    object.kind === kind.kind &&
    (formerVersions[object.apiVersion]?.includes(object.kind) ||
      (served && (groupOf(object.apiVersion) === kind.group || object.kind === "Event")))
  ) {
    return badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  const { status } = object as { status?: unknown };
  if (object.apiVersion === "v1" && object.kind === "Status" && typeof status === "object" && status !== null)
    return badRequest(
      `Status in version "v1" cannot be handled as a ${kind.kind}: json: cannot unmarshal object into Go struct field Status.status of type string`,
    );
  const known =
    (object.apiVersion === "v1" && object.kind === "Status") ||
    (object.apiVersion === "autoscaling/v1" && object.kind === "Scale") ||
    served;
  const version = JSON.stringify(known ? object.apiVersion.split("/").at(-1) : object.apiVersion);
  const why = known
    ? `converting (${object.apiVersion.split("/").at(-1)}.${object.kind}) to (${packageOf(kind.group)}.${kind.kind}): unknown conversion`
    : `no kind ${JSON.stringify(object.kind)} is registered for version ${version} in scheme "pkg/runtime/scheme.go:111"`;
  return badRequest(`${object.kind} in version ${version} cannot be handled as a ${kind.kind}: ${why}`);
}
