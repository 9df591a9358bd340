import type { Clock, Random } from "../Clock.ts";
import type { ServedKinds } from "./ServedKind.ts";
import type { Store } from "./store/Store.ts";

/** What every part of the server works with. */
export interface ServerContext {
  readonly store: Store;
  readonly kinds: ServedKinds;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires when the server stops. */
  readonly stopping: AbortSignal;
}
