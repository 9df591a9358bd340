import { preloadedCrds } from "../../kube/preloadedCrds.ts";
import { builtinKinds } from "../../kube/table/builtinKinds.ts";
import type { Transport } from "../../kube/Transport.ts";
import { systemClock, timeOf, type Clock, type Random } from "../Clock.ts";
import { AddressAllocator } from "./AddressAllocator.ts";
import { ServiceAccountTokens } from "./authentication/ServiceAccountTokens.ts";
import { Authorizer } from "./authorization/Authorizer.ts";
import { makeBootstrapPolicy } from "./authorization/bootstrapPolicy.ts";
import { makeSystemPriorityClasses } from "./admission/index.ts";
import { administrator, type ApiRequest, type ApiResponse, type User } from "./ApiRequest.ts";
import { builtinServedKind } from "./builtinServedKind.ts";
import { startDefinitionFinalizer } from "./definitionFinalizer.ts";
import { definitionsCollection, settledStatus } from "./definitionNames.ts";
import { beforeWrite, serveDefinition } from "./definitions.ts";
import { dispatch } from "./dispatch.ts";
import { inProcessTransport } from "./inProcessTransport.ts";
import { makeKubernetesService, publishServer } from "./kubernetesService.ts";
import { uidOf } from "./names.ts";
import type { NodeBackend } from "./NodeBackend.ts";
import { ServedKinds } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";
import { StatusError } from "./StatusError.ts";
import { StorageFull } from "./store/Journal.ts";
import { Store } from "./store/Store.ts";

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
