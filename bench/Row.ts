/** One line of a report. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** Empty: said for comparison. */
  readonly mustReach: string;
  readonly reached?: boolean;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** @param part 0 to 1 */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
