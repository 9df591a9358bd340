/** As most kinds have it. Times are RFC 3339. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  lastProbeTime?: string;
  observedGeneration?: number;
}

export const conditionOf = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === "True";

/** The list with one condition set; `lastTransitionTime` moves with the status only. An equal one leaves the list as it is. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  now: string,
): Condition[] {
  const list = [...(conditions ?? [])];
  const index = list.findIndex((entry) => entry.type === condition.type);
  const before = list[index];
  const after: Condition = {
    ...condition,
    lastTransitionTime:
      before?.status === condition.status
        ? (before.lastTransitionTime ?? now)
        : (condition.lastTransitionTime ?? now),
  };
  if (index < 0) list.push(after);
  else list[index] = after;
  return list;
}
