import type { KindInfo } from "./KindInfo.ts";
import type { KubeList, KubeObject, WatchEvent } from "../contract/index.ts";
import type { Transport } from "./Transport.ts";

/** How callers name a kind: what an object says of itself, or discovery's answer. */
export type KindRef = { apiVersion: string; kind: string } | KindInfo;

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Left out for cluster-wide kinds. */
  readonly namespace?: string;
}

export interface WriteOptions {
  readonly fieldManager?: string;
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  readonly dryRun?: boolean;
  readonly subresource?: string;
  readonly signal?: AbortSignal;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly limit?: number;
  /** Only metadata: `PartialObjectMetadata` answers. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export type FollowEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "SYNCED" };

export type PatchType = "json" | "merge" | "strategic";

export interface DeleteOptions {
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A typed face on a Transport. Refusals reject with `KubeError` (a MoorageError with the server's Status), whose `reason` callers test:
 * `isNotFound(error)`, `isConflict(error)`. Made by `createKubeClient(transport, options)`.
 */
export interface KubeClient {
  readonly transport: Transport;
  /** Every kind the server serves, by preferred version; cached until `forgetDiscovery()`. */
  kinds(): Promise<readonly KindInfo[]>;
  /** Looks in the table of built-in kinds first, then asks the server; one refresh on a miss, then `Unsupported`. */
  kindOf(ref: KindRef): Promise<KindInfo>;
  forgetDiscovery(): void;

  get<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    options?: { subresource?: string; signal?: AbortSignal },
  ): Promise<T>;
  /** Like `get`, with `undefined` instead of a NotFound. */
  find<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    options?: { signal?: AbortSignal },
  ): Promise<T | undefined>;
  /** All pages, as one list. */
  list<T extends KubeObject = KubeObject>(kind: KindRef, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  replace<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject = KubeObject>(
    object: KubeObject,
    options: WriteOptions & { fieldManager: string; force?: boolean },
  ): Promise<T>;
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<void>;

  /**
   * One watch connection from a resourceVersion; ends when the server closes it or `signal` fires. Rejects with `KubeError` (reason
   * `Expired` on 410). `follow` is what most callers want.
   */
  watch<T extends KubeObject = KubeObject>(
    kind: KindRef,
    options?: ListOptions,
  ): AsyncIterable<WatchEvent<T>>;
  /**
   * List, then watch, reconnecting with back-off and re-listing when expired, until `signal` fires. Deleted objects that a re-list
   * misses are reported as DELETED. After the first list is delivered, one `{ type: "SYNCED" }` is reported.
   */
  follow<T extends KubeObject = KubeObject>(
    kind: KindRef,
    options: ListOptions & { signal: AbortSignal },
  ): AsyncIterable<FollowEvent<T>>;

  /** A pod's log as it arrives. */
  logs(
    pod: { namespace: string; name: string },
    options?: {
      container?: string;
      follow?: boolean;
      previous?: boolean;
      tailLines?: number;
      sinceSeconds?: number;
      timestamps?: boolean;
      signal?: AbortSignal;
    },
  ): AsyncIterable<Uint8Array>;

  close(): Promise<void>;
}
