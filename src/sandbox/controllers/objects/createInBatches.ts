/**
 * Makes `count` objects, one, then two, then four at a time, stopping after a batch in which one failed: a quota or a webhook that refuses is asked once, not
 * a hundred times ("slow start"). Returns how many were made and the first error.
 */
export async function createInBatches(
  count: number,
  create: (index: number) => Promise<unknown>,
): Promise<{ created: number; error?: unknown }> {
  let created = 0;
  for (let start = 0, size = 1; start < count; start += size, size *= 2) {
    const length = Math.min(size, count - start);
    const results = await Promise.allSettled(Array.from({ length }, (_, index) => create(start + index)));
    created += results.filter((result) => result.status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed) return { created, error: failed.reason };
  }
  return { created };
}
