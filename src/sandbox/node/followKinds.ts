import type { KubeObject } from "../../contract/index.ts";
import type { FollowEvent, KubeClient, ListOptions } from "../../kube/KubeClient.ts";
import type { Clock } from "../Clock.ts";

/** Hands on what happens to the objects of a kind; resolves when what is there was handed on. */
export type Follow = <T extends KubeObject>(
  kind: { apiVersion: string; kind: string },
  selection: ListOptions,
  take: (event: FollowEvent<T>) => Promise<void> | void,
) => Promise<void>;

/** Follows kinds until the signal fires, whatever happens to the API server meanwhile. `over` resolves when all of them have ended. */
export function followKinds(
  client: KubeClient,
  clock: Clock,
  signal: AbortSignal,
  log: (text: string) => void,
): { readonly follow: Follow; readonly over: () => Promise<unknown> } {
  const loops: Promise<void>[] = [];
  const follow: Follow = <T extends KubeObject>(
    kind: { apiVersion: string; kind: string },
    selection: ListOptions,
    take: (event: FollowEvent<T>) => Promise<void> | void,
  ) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const loop = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          for await (const event of client.follow<T>(kind, { ...selection, signal })) {
            if (event.type === "SYNCED") await take(event);
            // Items of lists don't say what they are.
            else await take({ ...event, object: { ...event.object, ...kind } });
            if (event.type === "SYNCED") resolve();
          }
        } catch (error) {
          if (!signal.aborted) log(`${kind.kind} can't be followed: ${String(error)}`);
        }
        await clock.sleep(1000, signal).catch(() => undefined);
      }
      resolve();
    };
    loops.push(loop());
    return promise;
  };
  return { follow, over: () => Promise.all(loops) };
}
