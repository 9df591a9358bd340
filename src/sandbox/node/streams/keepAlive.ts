import type { Clock } from "../../Clock.ts";

const period = 5_000;

/**
 * Pings as long as the connection lives. A client that is gone is noticed even while nothing is read from it, because its process does not
 * read either.
 */
export async function keepAlive(clock: Clock, gone: AbortSignal, ping: () => void): Promise<void> {
  while (!gone.aborted) {
    await clock.sleep(period, gone).catch(() => undefined);
    if (!gone.aborted) ping();
  }
}
