const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, d: 86_400_000 };

/** Milliseconds of a duration as the Gateway API (GEP-2257) and OpenShift's annotations write it: `1h30m`, `500ms`; `undefined` when it is none. */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== "string" || !/^(?:\d+(?:h|ms|us|m|s|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(h|ms|us|m|s|d)/g))
    total += Number(amount) * (units[unit ?? ""] ?? 0);
  return total;
}
