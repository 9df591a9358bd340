import type { KubeRequest, KubeResponse } from "../../kube/index.ts";

/** A verb on one kind of object, as RBAC names it. */
export interface Right {
  readonly verb: string;
  /** `""` is the core group. */
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** Undefined: of the whole cluster. */
  readonly namespace?: string;
  /** Only objects of this name. */
  readonly name?: string;
}

/** For maps and people: `patch apps/deployments`. */
export const rightId = ({ verb, group, resource, namespace, name }: Right): string =>
  `${verb} ${group === "" ? "" : `${group}/`}${resource}${name === undefined ? "" : ` ${name}`}${namespace === undefined ? " (cluster)" : ""}`;

/** The same for the same right: namespaces are told apart. */
export const rightKey = (right: Right): string => `${rightId(right)} ${right.namespace ?? ""}`;

/**
 * What a request needs; none for discovery, which everybody may read. A PATCH that makes its object needs to create, too.
 * Source: k8s.io/apiserver, request/requestinfo.go and registry/rest/create_update.go.
 */
export function rightsOfRequest(request: KubeRequest, status: number): Right[] {
  const found = targetOf(request.path);
  if (found === undefined) return [];
  const { name, ...target } = found;
  const verbs = verbsOf(request, name !== undefined, status);
  return verbs.map((verb) => ({ verb, ...target, ...nameFor(verb, target, name) }));
}

function verbsOf({ method, query }: KubeRequest, one: boolean, status: number): string[] {
  switch (method) {
    case "GET":
      return [query?.["watch"] === true ? "watch" : one ? "get" : "list"];
    case "POST":
      return ["create"];
    case "PUT":
      return ["update"];
    case "PATCH":
      return status === 201 ? ["patch", "create"] : ["patch"];
    default:
      return [one ? "delete" : "deletecollection"];
  }
}

/** The lock is one object of a fixed name; a namespace can only be meant by its own. To create, a name can't be given. */
function nameFor(
  verb: string,
  { resource }: { readonly resource: string },
  name: string | undefined,
): { name?: string } {
  const named = resource === "leases" || resource === "namespaces";
  return named && name !== undefined && verb !== "create" ? { name } : {};
}

function targetOf(
  path: string,
): { group: string; resource: string; namespace?: string; name?: string } | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const group = parts[0] === "apis" ? (parts[1] ?? "") : "";
  let rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  if ((parts[0] !== "api" && parts[0] !== "apis") || rest.length === 0) return undefined;
  let namespace: string | undefined;
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1];
    if (rest.length > 2) rest = rest.slice(2);
  }
  const [plural = "", name, subresource] = rest;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return {
    group,
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** A server's refusal of a right, word for word. */
export function refusal({ verb, group, resource, namespace, name = "" }: Right): KubeResponse {
  const place = namespace === undefined ? " at the cluster scope" : ` in the namespace "${namespace}"`;
  const body = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `${resource}${group === "" ? "" : `.${group}`} ${name === "" ? "" : `"${name}" `}is forbidden: User "rehearsal" cannot ${verb} resource "${resource}" in API group "${group}"${place}`,
    reason: "Forbidden",
    code: 403,
  };
  const text = JSON.stringify(body);
  async function* lines(): AsyncGenerator<string> {
    yield text;
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  return {
    status: 403,
    headers: { "content-type": "application/json" },
    json: async () => structuredClone(body),
    text: async () => text,
    lines,
    chunks,
  };
}
