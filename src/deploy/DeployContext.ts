import { randomBytes } from "node:crypto";
import { systemClock, type Clock } from "../kube/Clock.ts";
import type { KubeClient } from "../kube/KubeClient.ts";
import type { DeployEvent } from "./DeployEvent.ts";

/** Everything that `deploy/` gets from outside. Only `client` is needed; the rest has real defaults. */
export interface DeployContext {
  /** The cluster. */
  readonly client: KubeClient;
  /** Who deploys, for the lock and the record: `ada@laptop 4711`. `unknown` unless said. */
  readonly who?: string;
  /** The machine's unless said. */
  readonly clock?: Clock;
  /** Random bytes, for generated secrets and the environment's key too: cryptographically strong outside tests. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Told what happens, as it happens. Must not throw. */
  readonly onEvent?: (event: DeployEvent) => void;
  /** Takes secrets out of texts that come from the cluster: logs, events, refusals. */
  readonly redact?: (text: string) => string;
  /** Stops at the next safe point: the lock is released, and `AbortedByUser` says in which state things are. */
  readonly signal?: AbortSignal;
  /** Requests in flight at once. 8 unless said. */
  readonly concurrency?: number;
}

/** A context with nothing left out. */
export type Context = Required<DeployContext>;

/** Fills in the real clock and so on. */
export function contextOf(given: DeployContext): Context {
  return {
    client: given.client,
    who: given.who ?? "unknown",
    clock: given.clock ?? systemClock,
    random: given.random ?? ((bytes) => new Uint8Array(randomBytes(bytes))),
    onEvent: given.onEvent ?? (() => {}),
    redact: given.redact ?? ((text) => text),
    signal: given.signal ?? new AbortController().signal,
    concurrency: given.concurrency ?? 8,
  };
}
