import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { Clock, Random } from "../../Clock.ts";
import type { Folders } from "../volumes/folders.ts";
import type { EventRecorder } from "./EventRecorder.ts";
import type { ObjectStore } from "./ObjectStore.ts";
import type { Writer } from "./Writer.ts";

/** One controller: what it looks at, and how it brings one key to what is wanted. */
export interface Controller {
  /** As in messages and events: `deployment-controller`. */
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Who its events say they are from, where that is not its name. */
  readonly eventSource?: string;
  /** Under which name it owns fields, where that is not the one of all controllers: `kube-controller-manager`. */
  readonly fieldManager?: string;
  /** Reconciled once at the start, whatever is there. */
  readonly initialKeys?: readonly string[];
  /** Reconciles at a time; 4 unless said. */
  readonly concurrency?: number;
  /**
   * Brings what is closer to what is wanted. Gets a key, never an event; may be called at any time, any number of times; with nothing to do it
   * writes nothing. Returns milliseconds after which time alone may give it work.
   */
  reconcile(key: string, context: ControllerContext): Promise<number | void>;
}

export interface Watch {
  readonly apiVersion: string;
  readonly kind: string;
  /** Keys that a change of this object may concern. Called with the object before and after the change. Missing: the object's own. */
  keys?(object: KubeObject, context: ControllerContext): Iterable<string>;
  /** The server may lack this kind (an unknown custom resource): then there are none. */
  readonly optional?: boolean;
}

export interface ControllerContext {
  readonly client: KubeClient;
  /** Writes that the stores learn of at once. */
  readonly write: Writer;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly options: ControllerOptions;
  /** What is known of a kind. Only kinds that the controller watches. */
  store<T extends KubeObject>(apiVersion: string, kind: string): ObjectStore<T>;
  /** RFC 3339, now. */
  now(): string;
  log(message: string): void;
}

/** What the place of this sandbox decides. */
export interface ControllerOptions {
  /** Absolute folder below which claims get theirs. Missing: claims stay Pending. */
  readonly volumesDir?: string;
  /** What makes and removes those folders. Default: this machine's file system. */
  readonly folders?: Folders;
  /** Text of the certificate authority, for `kube-root-ca.crt`. */
  readonly rootCa?: string;
  /** Where exposed objects can be reached, for their status. Default 127.0.0.1. */
  readonly doorAddress?: string;
  /** Milliseconds before the pod of a Job that failed is replaced; doubled with each failure in a row. Default 10 s, at most 10 min, as Kubernetes. */
  readonly jobBackoff?: { readonly initial: number; readonly max: number };
}
