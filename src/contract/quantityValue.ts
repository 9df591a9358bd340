const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
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

/** The number that a Kubernetes quantity stands for: `500m` is 0.5, `1Ki` is 1024, `2e3` is 2000. NaN when it is none. To a float's precision. */
export function quantityValue(quantity: string | number): number {
  if (typeof quantity === "number") return quantity;
  const match = /^([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+)|([KMGTPE]i|[numkMGTPE]|))$/u.exec(quantity.trim());
  if (match === null) return Number.NaN;
  const [, amount, exponent, suffix = ""] = match;
  return Number(amount) * (exponent === undefined ? (factors[suffix] ?? Number.NaN) : 10 ** Number(exponent));
}
