/** Runs work on every item, so many at once; results in the order of the items. The first failure stops what has not begun, and rejects. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        // One lane works on one item after the other: that is the limit.
        // oxlint-disable-next-line no-await-in-loop
        results[index] = await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
  const refusal = lanes.find((result) => result.status === "rejected");
  if (refusal !== undefined) throw refusal.reason;
  return results;
}
