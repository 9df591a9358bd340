import { builtinKinds } from "../../kube/table/builtinKinds.ts";
import type { ApiRequest, ApiResponse } from "./ApiRequest.ts";
import { goQuoted } from "./apply/goText.ts";
import { pathAttributes } from "./authorization/Attributes.ts";
import { impersonate } from "./authorization/impersonate.ts";
import { permit } from "./authorization/permit.ts";
import { discovery } from "./discovery/discovery.ts";
import { openApi } from "./discovery/openApi.ts";
import { health } from "./health.ts";
import type { KindRequest } from "./KindRequest.ts";
import { pathSegmentName } from "./kinds/names.ts";
import { requestInfoOf, type RequestInfo } from "./requestInfo.ts";
import { serve } from "./serve.ts";
import type { ServerContext } from "./ServerContext.ts";
import { badRequest, methodNotAllowed, notFound, pathNotFound, StatusError } from "./StatusError.ts";
import { flagOf } from "./writeOptions.ts";

/**
 * From a request to the kind it is about: who asks, whether they may, and whether what the path names is there. Discovery and health are
 * answered here.
 */
export async function dispatch(context: ServerContext, sent: ApiRequest): Promise<ApiResponse> {
  const { authorizer } = context;
  const { path } = sent;
  const healthy = health(path);
  const user = impersonate(sent, authorizer);
  const request = user === sent.user ? sent : { ...sent, user };
  const info = requestInfoOf(path);
  const kind = info && context.kinds.find(info.group, info.version, info.plural);
  if (healthy !== undefined || info === undefined) {
    permit(authorizer, pathAttributes(user, request.method, path));
    // The lists of versions and groups are given whatever the method.
    const reading = request.method === "GET" || request.method === "HEAD" || /^\/apis?\/?$/.test(path);
    if (!reading && (/^\/version\/?$/.test(path) || isGroupVersion(path))) throw methodNotAllowed();
    const found =
      healthy ??
      (reading ? (discovery(context.kinds.all(), request) ?? openApi(context.kinds, request)) : undefined);
    return found ?? nothingThere(path);
  }
  permit(authorizer, {
    user,
    verb: rbacVerb(request, info),
    path,
    resource: info.plural,
    group: info.group,
    subresource: info.subresource ?? "",
    // A namespace is in itself, for RBAC.
    namespace: info.namespace ?? (info.group === "" && info.plural === "namespaces" ? (info.name ?? "") : ""),
    name: info.name ?? "",
  });
  if (kind === undefined) return nothingThere(path);
  if (kind.namespaced && info.name !== undefined && info.namespace === undefined) {
    if (kind.custom !== undefined) return notFoundInText;
    throw pathNotFound();
  }
  if (!kind.namespaced && info.namespace !== undefined && kind.collection !== "namespaces") {
    if (kind.custom !== undefined) return notFoundInText;
    throw pathNotFound();
  }
  const warning = kind.custom === undefined ? deprecated[kind.collection] : kind.custom.deprecation;
  if (info.subresource !== undefined && !kind.subresources.includes(info.subresource))
    throw kind.custom === undefined ? pathNotFound() : withWarning(notFound(kind, info.name ?? ""), warning);
  for (const problem of info.name === undefined ? [] : pathSegmentName(info.name))
    throw badRequest(`Name parameter invalid: ${goQuoted(info.name ?? "")}: ${problem}`);
  const asked: KindRequest = { context, kind, info, request };
  if (warning === undefined) return await serve(asked);
  try {
    const response = await serve(asked);
    return { ...response, warnings: [`299 - ${JSON.stringify(warning)}`, ...(response.warnings ?? [])] };
  } catch (error) {
    throw withWarning(error, warning);
  }
}

function withWarning(error: unknown, warning: string | undefined): unknown {
  if (warning !== undefined && error instanceof StatusError) error.warnings.unshift(warning);
  return error;
}

/** Warned of whatever is done with them. */
const deprecated: Readonly<Record<string, string>> = {
  endpoints: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

const builtinGroups: ReadonlySet<string> = new Set(builtinKinds.map(({ group }) => group));

const isGroupVersion = (path: string): boolean => /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/?$/.test(path);

/** In plain text, but below the groups that a real server has built in: these have a router each, which answers with a Status. */
function nothingThere(path: string): ApiResponse {
  const [first, group] = path.split("/").filter((part) => part !== "");
  if (path.startsWith("//")) return notFoundInText;
  if (first === "api" || (first === "apis" && (group === undefined || builtinGroups.has(group))))
    throw pathNotFound();
  if (path.startsWith("/openapi/v3/")) return { status: 404, headers: {}, body: "" };
  return notFoundInText;
}

const notFoundInText: ApiResponse = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: "404 page not found\n",
};

/** Source: k8s.io/apiserver, request/requestinfo.go. */
function rbacVerb({ method, query }: ApiRequest, info: RequestInfo): string {
  switch (method) {
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return info.name === undefined ? "deletecollection" : "delete";
    default: {
      if (info.watch) return "watch";
      const watching = flagOf(query, "watch");
      // One object's list is the list of those of its name.
      if (info.name === undefined) return watching ? "watch" : "list";
      return "get";
    }
  }
}
