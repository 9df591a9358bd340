const factors: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity means: `500m` is 0.5, `1Ki` is 1024. Missing or unreadable: 0. */
export function quantityOf(value: string | number | undefined): number {
  if (typeof value === "number") return value;
  const [, number, suffix = ""] =
    /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]i?|[KMGTPE]i)?$/.exec(value ?? "") ?? [];
  return number === undefined ? 0 : Number(number) * (factors[suffix] ?? 0);
}
