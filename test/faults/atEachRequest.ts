import { differences } from "./differences.ts";
import type { CleanRun, Trial } from "./FaultWorld.ts";

/** What trials begin from. */
export interface Trials<T extends Trial = Trial> {
  /** A deploy to which nothing happened. */
  readonly clean: CleanRun;
  /** A cluster for one trial. */
  readonly open: () => Promise<T>;
}

/**
 * One trial for each of these requests, by their numbers in the clean deploy. Returns a line for whatever ended otherwise than that did, and for whatever
 * an attempt returned or threw, each with the request where it was. One trial at a time unless `lanes` says more, for those that wait for a server.
 */
export async function atEachRequest<T extends Trial>(
  { clean, open }: Trials<T>,
  requests: Iterable<number>,
  attempt: (trial: T, at: number) => Promise<readonly string[] | void>,
  lanes = 1,
): Promise<string[]> {
  const wrong: string[] = [];
  const left = [...requests];
  const lane = async (): Promise<void> => {
    for (let at = left.shift(); at !== undefined; at = left.shift()) {
      const request = clean.requests[at];
      const place = `${at}: ${request?.method} ${request?.path}`;
      const trial = await open();
      try {
        for (const line of (await attempt(trial, at)) ?? []) wrong.push(`${place}: ${line}`);
        wrong.push(...differences(place, clean, await trial.outcome()));
      } catch (error) {
        wrong.push(`${place}: ${String(error)}`);
      } finally {
        await trial.cluster.close();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return wrong;
}
