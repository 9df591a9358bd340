import type { Clock, Random } from "../Clock.ts";
import type { AddressAllocator } from "./AddressAllocator.ts";
import type { ServiceAccountTokens } from "./authentication/ServiceAccountTokens.ts";
import type { Authorizer } from "./authorization/Authorizer.ts";
import type { NodeBackend } from "./NodeBackend.ts";
import type { ServedKinds } from "./ServedKind.ts";
import type { Store } from "./store/Store.ts";

/** What every part of the server works with. */
export interface ServerContext {
  readonly store: Store;
  readonly kinds: ServedKinds;
  readonly clock: Clock;
  readonly random: Random;
  readonly addresses: AddressAllocator;
  readonly authorizer: Authorizer;
  readonly tokens: ServiceAccountTokens;
  /** The node behind the subresources of pods that are no objects; it comes later than the server, if at all. */
  readonly node: () => NodeBackend | undefined;
  /** Fires when the server stops. */
  readonly stopping: AbortSignal;
}
