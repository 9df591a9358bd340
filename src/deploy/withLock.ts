import { guardedClient } from "./apply/guardedClient.ts";
import { Lock, type LockOptions } from "./apply/Lock.ts";
import type { Context } from "./DeployContext.ts";
import type { Environment } from "./Environment.ts";
import { withLockHeld } from "./explainFailure.ts";

/** Does something under the lock of an environment, with a client that stops writing when the lock is lost. */
export async function withLock<T>(
  environment: Environment,
  context: Context,
  options: LockOptions | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const lock = new Lock(environment, context, options);
  await lock.acquire();
  const stop = new AbortController();
  try {
    return await work({
      ...context,
      signal: AbortSignal.any([context.signal, lock.lost, stop.signal]),
      client: guardedClient(context.client, () => lock.check()),
    });
  } catch (error) {
    stop.abort();
    const told: unknown = lock.lost.aborted ? lock.lost.reason : error;
    throw (await lock.release()) ? told : withLockHeld(told);
  } finally {
    stop.abort();
    await lock.release();
  }
}
