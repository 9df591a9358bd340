import type { KubeList, KubeObject, KubeStatus, WatchEvent } from "../contract/index.ts";
import { systemClock, type Clock } from "./Clock.ts";
import { follow } from "./follow.ts";
import { KindDirectory } from "./KindDirectory.ts";
import type {
  DeleteOptions,
  KindRef,
  KubeClient,
  ListOptions,
  ObjectRef,
  PatchType,
  WriteOptions,
} from "./KubeClient.ts";
import { KubeError, isExpired, isNotFound, kubeErrorOf } from "./KubeError.ts";
import { apiVersionOf, pathOf, type KindInfo } from "./KindInfo.ts";
import type { KubeRequest, KubeResponse, Transport } from "./Transport.ts";

/** How a client lists, repeats and warns. */
export interface KubeClientOptions {
  /** For back-off in `follow`. Default: the machine's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Objects per page of a list. Default 500; `limit` of a single list overrides it. */
  readonly pageSize?: number;
  /** What the server warns of (RFC 9111 `Warning: 299`): deprecated versions, unknown fields. */
  readonly onWarning?: (message: string) => void;
}

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};
const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const metadataItem = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/** A `KubeClient` over any transport. */
export function createKubeClient(transport: Transport, options: KubeClientOptions = {}): KubeClient {
  const { clock = systemClock, random = Math.random, pageSize = 500, onWarning } = options;
  const kinds = new KindDirectory(transport);

  const send = async (request: KubeRequest): Promise<KubeResponse> => {
    const response = await transport.send(request);
    if (onWarning && response.headers["warning"]) {
      for (const message of warningsOf(response.headers["warning"])) onWarning(message);
    }
    if (response.status >= 300) throw await kubeErrorOf(request, response);
    return response;
  };
  const call = async <T>(request: KubeRequest): Promise<T> => (await (await send(request)).json()) as T;

  const pathOfRef = async (ref: ObjectRef, subresource?: string): Promise<string> =>
    pathOf(await kinds.find(ref), { namespace: ref.namespace, name: ref.name, subresource });
  const pathOfObject = async (object: KubeObject, subresource?: string): Promise<string> => {
    if (!object.metadata?.name) throw new Error(`${object.kind} without metadata.name`);
    return pathOfRef(
      {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        namespace: object.metadata.namespace,
      },
      subresource,
    );
  };

  const listPage = async <T extends KubeObject>(
    kind: KindInfo,
    { namespace, metadataOnly, signal, ...query }: ListOptions & { continue?: string },
  ): Promise<KubeList<T>> => {
    const page = await call<KubeList<T>>({
      method: "GET",
      path: pathOf(kind, { namespace }),
      query,
      headers: { accept: metadataOnly ? metadataList : "application/json" },
      signal,
    });
    page.items ??= [];
    // Items of a typed list don't repeat what they are, and partial ones say they are PartialObjectMetadata.
    for (const [index, item] of page.items.entries()) {
      page.items[index] = { ...item, apiVersion: apiVersionOf(kind), kind: kind.kind };
    }
    return page;
  };

  const client: KubeClient = {
    transport,
    kinds: () => kinds.all(),
    kindOf: (ref) => kinds.find(ref),
    forgetDiscovery: () => kinds.forget(),

    async get(ref, { subresource, signal } = {}) {
      return call({ method: "GET", path: await pathOfRef(ref, subresource), signal });
    },
    async find<T extends KubeObject>(ref: ObjectRef, { signal }: { signal?: AbortSignal } = {}) {
      try {
        return await client.get<T>(ref, { signal });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async list<T extends KubeObject>(ref: KindRef, listOptions: ListOptions = {}) {
      const kind = await kinds.find(ref);
      const first = await listPage<T>(kind, { limit: pageSize, ...listOptions });
      let token = first.metadata?.continue;
      while (token) {
        try {
          const { resourceVersion: _firstPageOnly, ...rest } = listOptions;
          const next = await listPage<T>(kind, { limit: pageSize, ...rest, continue: token });
          for (const item of next.items) first.items.push(item);
          token = next.metadata?.continue;
        } catch (error) {
          // The snapshot behind the pages is gone: one whole list instead, as client-go's pager does.
          if (!isExpired(error)) throw error;
          return await listPage<T>(kind, { ...listOptions, limit: undefined });
        }
      }
      delete first.metadata.continue;
      delete first.metadata.remainingItemCount;
      return first;
    },

    async create<T extends KubeObject>(object: T, write: WriteOptions = {}) {
      const kind = await kinds.find(object);
      const { namespace, name } = object.metadata;
      const path =
        write.subresource === undefined
          ? pathOf(kind, { namespace })
          : pathOf(kind, { namespace, name, subresource: write.subresource });
      return call<T>({ method: "POST", path, query: writeQuery(write), body: object, signal: write.signal });
    },
    async replace<T extends KubeObject>(object: T, write: WriteOptions = {}) {
      return call<T>({
        method: "PUT",
        path: await pathOfObject(object, write.subresource),
        query: writeQuery(write),
        body: object,
        signal: write.signal,
      });
    },
    async patch<T extends KubeObject>(
      ref: ObjectRef,
      type: PatchType,
      patch: unknown,
      write: WriteOptions = {},
    ) {
      return call<T>({
        method: "PATCH",
        path: await pathOfRef(ref, write.subresource),
        query: writeQuery(write),
        headers: { "content-type": patchTypes[type] },
        body: patch,
        signal: write.signal,
      });
    },
    async apply<T extends KubeObject>(
      object: KubeObject,
      write: WriteOptions & { fieldManager: string; force?: boolean },
    ) {
      return call<T>({
        method: "PATCH",
        path: await pathOfObject(object, write.subresource),
        query: { ...writeQuery(write), force: write.force ? true : undefined },
        // JSON is YAML.
        headers: { "content-type": "application/apply-patch+yaml" },
        body: object,
        signal: write.signal,
      });
    },
    async delete(ref: ObjectRef, remove: DeleteOptions = {}) {
      const { propagation, uid, resourceVersion, gracePeriodSeconds, dryRun, signal } = remove;
      const preconditions =
        uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
      const response = await send({
        method: "DELETE",
        path: await pathOfRef(ref),
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: propagation,
          gracePeriodSeconds,
          preconditions,
          dryRun: dryRun ? ["All"] : undefined,
        },
        signal,
      });
      await response.text();
    },

    async *watch<T extends KubeObject>(ref: KindRef, listOptions: ListOptions = {}) {
      const kind = await kinds.find(ref);
      const { namespace, metadataOnly, signal, limit: _pagesOnly, ...query } = listOptions;
      const request: KubeRequest = {
        method: "GET",
        path: pathOf(kind, { namespace }),
        query: { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: watchSeconds(random) },
        headers: { accept: metadataOnly ? metadataItem : "application/json" },
        signal,
      };
      const response = await send(request);
      for await (const line of response.lines()) {
        if (line === "") continue;
        const event = JSON.parse(line) as WatchEvent<T>;
        if (event.type === "ERROR") {
          const status = event.object as unknown as KubeStatus;
          throw new KubeError(status, status.code ?? 500, request);
        }
        if (metadataOnly) event.object = { ...event.object, apiVersion: apiVersionOf(kind), kind: kind.kind };
        yield event;
      }
    },
    follow<T extends KubeObject>(ref: KindRef, followOptions: ListOptions & { signal: AbortSignal }) {
      return follow<T>(client, ref, followOptions, { clock, random });
    },

    async *logs(pod, logOptions = {}) {
      const { signal, ...query } = logOptions;
      const response = await send({
        method: "GET",
        path: `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`,
        query,
        headers: { accept: "*/*" },
        signal,
      });
      yield* response.chunks();
    },
    close: () => transport.close(),
  };
  return client;
}

function writeQuery(write: WriteOptions): Record<string, string | undefined> {
  return {
    fieldManager: write.fieldManager,
    fieldValidation: write.fieldValidation,
    dryRun: write.dryRun ? "All" : undefined,
  };
}

/** Five to ten minutes, as client-go's reflectors ask for, so that watches of one time don't all end at one time. */
const watchSeconds = (random: () => number): number => Math.round(300 * (1 + random()));

/** The texts of a `Warning` header: `299 - "text", 299 - "text"`. */
export function warningsOf(header: string): string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) =>
    match[1]!.replaceAll(/\\(.)/g, "$1"),
  );
}
