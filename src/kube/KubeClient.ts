import type { KindInfo } from "./KindInfo.ts";
import type { KubeList, KubeObject, WatchEvent } from "../contract/index.ts";
import type { Transport } from "./Transport.ts";

/** How callers name a kind: what an object says of itself, or discovery's answer. */
export type KindRef = { apiVersion: string; kind: string } | KindInfo;

/** Names one object. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Left out for cluster-wide kinds. */
  readonly namespace?: string;
}

/** How an object is written; what is left out is as the server has it. */
export interface WriteOptions {
  /** Who is to own the written fields. Default: what the server makes of the user agent. */
  readonly fieldManager?: string;
  /** What becomes of unknown and doubled fields: dropped, dropped with a warning (the server's default), refused. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** Everything but storing it. */
  readonly dryRun?: boolean;
  /** `status`, `scale`. */
  readonly subresource?: string;
  readonly signal?: AbortSignal;
}

/** Which objects of a kind. */
export interface ListOptions {
  /** All namespaces, unless given. */
  readonly namespace?: string;
  /** `app=web,tier!=db`. */
  readonly labelSelector?: string;
  /** `involvedObject.name=web-0`: only fields that the server knows of for the kind. */
  readonly fieldSelector?: string;
  /** From when: of a list not older than this, `0` for any; of a watch what comes after it. */
  readonly resourceVersion?: string;
  /** Objects a page; a list has all pages all the same. */
  readonly limit?: number;
  /** Only metadata: `PartialObjectMetadata` answers. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** What `follow` reports. */
export type FollowEvent<T extends KubeObject> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T }
  | { type: "SYNCED" };

/** RFC 6902, RFC 7396, and Kubernetes' own, which only built-in kinds know. */
export type PatchType = "json" | "merge" | "strategic";

/** How, and on which conditions, an object is deleted. */
export interface DeleteOptions {
  /** What becomes of what it owns. Default: as the kind has it. */
  readonly propagation?: "Background" | "Foreground" | "Orphan";
  /** Only this object, not one that has got its name: else `Conflict`. */
  readonly uid?: string;
  /** Only in this version: else `Conflict`. */
  readonly resourceVersion?: string;
  /** Default: as the object has it. 0: at once. */
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * A typed face on a Transport. Refusals reject with `KubeError` (a MoorageError with the server's Status), whose `reason` callers test:
 * `isNotFound(error)`, `isConflict(error)`. Made by `createKubeClient(transport, options)`.
 */
export interface KubeClient {
  /** For requests that this client has no method for. */
  readonly transport: Transport;
  /** Every kind the server serves, by preferred version; cached until `forgetDiscovery()`. */
  kinds(): Promise<readonly KindInfo[]>;
  /** Looks in the table of built-in kinds first, then asks the server; one refresh on a miss, then `Unsupported`. */
  kindOf(ref: KindRef): Promise<KindInfo>;
  /** The next question asks the server anew: after a definition was made. */
  forgetDiscovery(): void;

  /** Rejects with `NotFound` where there is none. */
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
  /** Answers with what was stored. Rejects with `AlreadyExists`. */
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T>;
  /** With `metadata.resourceVersion` only if nobody has written since: else `Conflict`. */
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
  /** Resolves when the server has taken it on: finalizers, or a grace period, may hold the object longer. */
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

  /** Ends the transport. */
  close(): Promise<void>;
}
