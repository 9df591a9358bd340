import { preloadedCrds } from "../../kube/preloadedCrds.ts";
import { builtinKinds } from "../../kube/table/builtinKinds.ts";
import type { Transport } from "../../kube/Transport.ts";
import { systemClock, timeOf, type Clock, type Random } from "../Clock.ts";
import { AddressAllocator } from "./AddressAllocator.ts";
import { requestToken } from "./authentication/requestToken.ts";
import { ServiceAccountTokens } from "./authentication/ServiceAccountTokens.ts";
import { pathAttributes } from "./authorization/Attributes.ts";
import { Authorizer } from "./authorization/Authorizer.ts";
import { makeBootstrapPolicy } from "./authorization/bootstrapPolicy.ts";
import { impersonate } from "./authorization/impersonate.ts";
import { permit } from "./authorization/permit.ts";
import { makeSystemPriorityClasses } from "./admission/index.ts";
import { administrator, type ApiRequest, type ApiResponse, type User } from "./ApiRequest.ts";
import { goQuoted } from "./apply/goText.ts";
import { builtinServedKind } from "./builtinServedKind.ts";
import { startDefinitionFinalizer } from "./definitionFinalizer.ts";
import { definitionsCollection, settledStatus } from "./definitionNames.ts";
import { beforeWrite, serveDefinition } from "./definitions.ts";
import { remove, removeCollection } from "./deletes.ts";
import { discovery } from "./discovery/discovery.ts";
import { openApi } from "./discovery/openApi.ts";
import { evictPod } from "./evict.ts";
import { health } from "./health.ts";
import { pathSegmentName } from "./kinds/names.ts";
import { inProcessTransport } from "./inProcessTransport.ts";
import { makeKubernetesService, publishServer } from "./kubernetesService.ts";
import { uidOf } from "./names.ts";
import type { NodeBackend } from "./NodeBackend.ts";
import { bindPod, podLog } from "./podSubresources.ts";
import * as reads from "./reads.ts";
import { requestInfoOf, type RequestInfo } from "./requestInfo.ts";
import { review, reviewKinds } from "./reviews.ts";
import { scale } from "./scale.ts";
import { ServedKinds, type ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import {
  badRequest,
  forbidden,
  methodNotAllowed,
  notFound,
  pathNotFound,
  StatusError,
} from "./StatusError.ts";
import { StorageFull } from "./store/Journal.ts";
import { Store } from "./store/Store.ts";
import { serveStream } from "./streams/serveStream.ts";
import { flagOf } from "./writeOptions.ts";
import * as writes from "./writes/index.ts";

export interface ApiServerOptions {
  /** In memory unless given. */
  readonly store?: Store;
  readonly clock?: Clock;
  readonly random?: Random;
  /** PEM of the key that signs tokens of service accounts; read when first needed. A new one unless given. */
  readonly tokenKey?: () => string;
  /** Told of what should not happen: a request that failed by our own fault. */
  readonly log?: (text: string, error: unknown) => void;
}

export interface ApiServer {
  /** In-process, as a user; the administrator unless said. */
  transport(user?: User): Transport;
  handle(this: void, request: ApiRequest): Promise<ApiResponse>;
  readonly store: Store;
  /** Whom a service account's token stands for; undefined when it is not valid. */
  userOfToken(this: void, token: string): Promise<User | undefined>;
  /** The node that answers for logs of pods. */
  attachNode(node: NodeBackend): void;
  /** Says under which port of this machine the server is reached, for the Service `kubernetes`. */
  publish(port: number): void;
  /** Ends every watch and closes the store. */
  close(): Promise<void>;
}

/** The API server without a socket: `httpsServer.ts` gives it one. */
export function createApiServer(options: ApiServerOptions = {}): ApiServer {
  const stopping = new AbortController();
  const store = options.store ?? new Store();
  let node: NodeBackend | undefined;
  const clock = options.clock ?? systemClock;
  const context: ServerContext = {
    store,
    kinds: new ServedKinds(),
    authorizer: new Authorizer(store),
    tokens: new ServiceAccountTokens(store, clock, options.tokenKey),
    clock,
    random: options.random ?? Math.random,
    addresses: new AddressAllocator(store),
    node: () => node,
    stopping: stopping.signal,
  };
  for (const info of builtinKinds) context.kinds.add(builtinServedKind(info));
  makeNamespaces(context);
  makeBootstrapPolicy(context);
  makeSystemPriorityClasses(context);
  makeKubernetesService(context);
  makeDefinitions(context);
  startDefinitionFinalizer(context);

  async function handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      return await dispatch(context, request);
    } catch (error) {
      const { status, headers, warnings } = refusalOf(error, options.log);
      return {
        status: status.code ?? 500,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(status),
        ...(warnings.length > 0 ? { warnings: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : {}),
      };
    }
  }

  return {
    transport: (user = administrator) => inProcessTransport(handle, user),
    handle,
    store,
    userOfToken: async (token) => (await context.tokens.read(token))?.user,
    attachNode(backend) {
      node = backend;
    },
    publish: (port) => publishServer(context, port),
    async close() {
      stopping.abort();
      store.close();
    },
  };
}

function refusalOf(error: unknown, log: ApiServerOptions["log"]): StatusError {
  if (error instanceof StatusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StorageFull) return new StatusError(507, "InsufficientStorage", message);
  log?.("a request failed by our own fault", error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

function makeNamespaces({ store, random, clock }: ServerContext): void {
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    if (store.get("namespaces", `/${name}`) !== undefined) continue;
    store.put("namespaces", `/${name}`, {
      kind: "Namespace",
      apiVersion: "v1",
      metadata: {
        name,
        uid: uidOf(random),
        creationTimestamp: timeOf(clock.now()),
        labels: { "kubernetes.io/metadata.name": name },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  }
}

/** The custom kinds that are there from the beginning, and those that were made since. */
function makeDefinitions(context: ServerContext): void {
  const { store, random, clock, kinds } = context;
  const kind = kinds.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  if (kind === undefined) return;
  for (const { object } of store.list(definitionsCollection)) serveDefinition(context, object);
  for (const definition of preloadedCrds()) {
    const { metadata } = definition;
    if (store.get(definitionsCollection, `/${metadata.name}`) !== undefined) continue;
    metadata.uid = uidOf(random);
    metadata.creationTimestamp = timeOf(clock.now());
    metadata.generation = 1;
    beforeWrite(kind, definition);
    definition["status"] = settledStatus(context, definition);
    serveDefinition(context, store.put(definitionsCollection, `/${metadata.name}`, definition).object);
  }
}

async function dispatch(context: ServerContext, sent: ApiRequest): Promise<ApiResponse> {
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
  if (warning === undefined) return await serve(context, kind, info, request);
  try {
    const response = await serve(context, kind, info, request);
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

async function serve(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): Promise<ApiResponse> {
  const { method, query } = request;
  // One object is watched through its collection, or below `watch/`: asked of its own path, the parameter means nothing.
  const watching = info.watch || (info.name === undefined && flagOf(query, "watch"));
  if (info.subresource !== undefined) return await serveSubresource(context, kind, info, request);
  const verb = verbOf(method, info, watching);
  if (verb === undefined || !kind.verbs.includes(verb)) throw methodNotAllowed();
  const everywhere = kind.namespaced && info.namespace === undefined;
  if (everywhere && (verb === "create" || verb === "deletecollection")) throw methodNotAllowed();
  switch (verb) {
    case "watch":
      return reads.watch(context, kind, info, request);
    case "list":
      return reads.list(context, kind, info, request);
    case "get":
      return reads.get(context, kind, info, request);
    case "create":
      if (reviewKinds.has(kind.kind)) return await review(writes.writeOf(context, kind, info, request));
      return await writes.create(writes.writeOf(context, kind, info, request));
    case "update":
      return await writes.replace(writes.writeOf(context, kind, info, request));
    case "patch":
      return await writes.patch(writes.writeOf(context, kind, info, request));
    case "delete":
      return await remove(writes.writeOf(context, kind, info, request));
    default:
      return await removeCollection(writes.writeOf(context, kind, info, request));
  }
}

function verbOf(method: string, info: RequestInfo, watching: boolean): string | undefined {
  const one = info.name !== undefined;
  switch (method) {
    case "GET":
    case "HEAD":
      return watching ? "watch" : one ? "get" : "list";
    case "POST":
      return one ? undefined : "create";
    case "PUT":
      return one ? "update" : undefined;
    case "PATCH":
      return one ? "patch" : undefined;
    case "DELETE":
      return one ? "delete" : "deletecollection";
    default:
      return undefined;
  }
}

async function serveSubresource(
  context: ServerContext,
  kind: ServedKind,
  info: RequestInfo,
  request: ApiRequest,
): Promise<ApiResponse> {
  const { method } = request;
  const write = writes.writeOf(context, kind, info, request);
  const posts: Record<string, (of: writes.Write) => Promise<ApiResponse>> = {
    binding: bindPod,
    eviction: evictPod,
    token: requestToken,
  };
  const post = posts[info.subresource ?? ""];
  if (post !== undefined) {
    if (method !== "POST") throw methodNotAllowed();
    return await post(write);
  }
  switch (info.subresource) {
    case "log":
      if (method !== "GET") throw methodNotAllowed();
      return await podLog(write);
    case "exec":
    case "attach":
    case "portforward":
      if (method !== "GET" && method !== "POST") throw methodNotAllowed();
      return await serveStream(write, info.subresource);
    case "scale":
      if (method === "GET" || method === "PUT" || method === "PATCH") return await scale(write);
      throw methodNotAllowed();
    case "status":
    case "finalize":
    case "approval":
    case "ephemeralcontainers":
    case "resize":
      if (method === "GET") return reads.get(context, kind, info, request);
      if (method === "PUT") return await writes.replace(write);
      if (method === "PATCH") return await writes.patch(write);
      throw methodNotAllowed();
    default:
      throw forbidden(
        kind,
        info.name ?? "",
        `the sandbox does not serve ${kind.plural}/${info.subresource ?? ""}`,
      );
  }
}
