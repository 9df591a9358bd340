export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key?: string; operator?: string; values?: string[] }[];
}

/** Whether labels meet a selector. An empty selector meets all, a missing one none (as `metav1.LabelSelectorAsSelector`). */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  if (selector === undefined) return false;
  return (
    selectsByMap(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((expression) => meets(expression, labels))
  );
}

/** Whether labels hold every pair of a plain map, as a Service's selector. */
export const selectsByMap = (wanted: Record<string, string>, labels: Record<string, string> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);

/** One requirement of a label selector or a node selector. */
export function meets(
  { key = "", operator, values = [] }: { key?: string; operator?: string; values?: string[] },
  labels: Record<string, string>,
): boolean {
  // A label may be named as something that every object has.
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
