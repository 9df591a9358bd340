import type { Transport } from "../../kube/Transport.ts";
import { apiVersionOf } from "../../kube/KindInfo.ts";
import { systemClock, timeOf, type Clock, type Random } from "../Clock.ts";
import { administrator, type ApiRequest, type ApiResponse, type User } from "./ApiRequest.ts";
import { inProcessTransport } from "./inProcessTransport.ts";
import { uidOf } from "./names.ts";
import * as reads from "./reads.ts";
import { requestInfoOf } from "./requestInfo.ts";
import { plainRules, ServedKinds } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import { methodNotAllowed, pathNotFound, StatusError } from "./StatusError.ts";
import { Store } from "./store/Store.ts";
import { builtinKinds } from "../../kube/table/builtinKinds.ts";
import * as writes from "./writes.ts";

export interface ApiServerOptions {
  /** In memory unless given. */
  readonly store?: Store;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ApiServer {
  /** In-process, as a user; the administrator unless said. */
  transport(user?: User): Transport;
  handle(request: ApiRequest): Promise<ApiResponse>;
  readonly store: Store;
  /** Ends every watch and closes the store. */
  close(): Promise<void>;
}

/** The API server without a socket: `httpsServer.ts` gives it one. */
export function createApiServer(options: ApiServerOptions = {}): ApiServer {
  const stopping = new AbortController();
  const context: ServerContext = {
    store: options.store ?? new Store(),
    kinds: new ServedKinds(),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    stopping: stopping.signal,
  };
  for (const info of builtinKinds)
    context.kinds.add({
      ...info,
      collection: info.group === "" ? info.plural : `${info.group}/${info.plural}`,
      storedAs: apiVersionOf(info),
      rules: plainRules,
    });
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
    if (context.store.get("namespaces", `/${name}`) !== undefined) continue;
    context.store.put("namespaces", `/${name}`, {
      kind: "Namespace",
      apiVersion: "v1",
      metadata: {
        name,
        uid: uidOf(context.random),
        creationTimestamp: timeOf(context.clock.now()),
        labels: { "kubernetes.io/metadata.name": name },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  }

  async function handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      return await dispatch(context, request);
    } catch (error) {
      const { status, headers } =
        error instanceof StatusError
          ? error
          : new StatusError(500, "InternalError", `Internal error occurred: ${(error as Error).message}`);
      return {
        status: status.code ?? 500,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(status),
      };
    }
  }

  return {
    transport: (user = administrator) => inProcessTransport(handle, user),
    handle,
    store: context.store,
    async close() {
      stopping.abort();
      context.store.close();
    },
  };
}

function dispatch(context: ServerContext, request: ApiRequest): ApiResponse {
  const info = requestInfoOf(request.path);
  const kind = info && context.kinds.find(info.group, info.version, info.plural);
  if (info === undefined || kind === undefined) throw pathNotFound();
  if (info.subresource !== undefined && !kind.subresources.includes(info.subresource)) throw pathNotFound();
  const { method, query } = request;
  if (info.name === undefined) {
    if (method === "GET")
      return info.watch || query.get("watch") === "true" || query.get("watch") === "1"
        ? reads.watch(context, kind, info, request)
        : reads.list(context, kind, info, request);
    if (method === "POST") return writes.create(context, kind, info, request);
    throw methodNotAllowed();
  }
  if (method === "GET") return reads.get(context, kind, info);
  if (method === "PUT") return writes.replace(context, kind, info, request);
  if (method === "PATCH") return writes.patch(context, kind, info, request);
  if (method === "DELETE") return writes.remove(context, kind, info, request);
  throw methodNotAllowed();
}
