import type { Pod } from "../objects/Pod.ts";

export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation] ?? pod.metadata.labels?.[indexAnnotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** `[0, 1, 2, 5]` -> `0-2,5`, as in a Job's status. */
export function formatIndexes(indexes: Iterable<number>): string {
  const ranges: [number, number][] = [];
  for (const index of [...new Set(indexes)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(",");
}

export function parseIndexes(text: string | undefined): Set<number> {
  const result = new Set<number>();
  for (const part of (text ?? "").split(",").filter(Boolean)) {
    const [from = 0, to = from] = part.split("-").map(Number);
    for (let index = from; index <= to; index++) result.add(index);
  }
  return result;
}
