import { addQuantities, nanosOf, subtractQuantities } from "../schema/quantity.ts";

/** Quantities by name, as in `resources.requests` or a quota's `hard`. */
export type Amounts = Readonly<Record<string, string>>;

export const namesOf = (amounts: Amounts): string[] => Object.keys(amounts);
export const isMore = (a: string, b: string): boolean => (nanosOf(a) ?? 0n) > (nanosOf(b) ?? 0n);
const isZero = (amount: string): boolean => (nanosOf(amount) ?? 0n) === 0n;

const merged = (a: Amounts, b: Amounts, both: (a: string, b: string) => string): Amounts => {
  const result: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    const own = result[name];
    result[name] = own === undefined ? amount : both(own, amount);
  }
  return result;
};

export const sum = (...all: readonly Amounts[]): Amounts =>
  all.reduce((total, amounts) => merged(total, amounts, addQuantities), {});

/** The larger of each. */
export const largest = (a: Amounts, b: Amounts): Amounts =>
  merged(a, b, (one, other) => (isMore(other, one) ? other : one));

/** What `a` has more than `b`; never below nothing. */
export const excess = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(
    Object.entries(a).map(([name, amount]) => {
      const left = subtractQuantities(amount, b[name] ?? "0");
      return [name, isMore("0", left) ? "0" : left];
    }),
  );

export const masked = (amounts: Amounts, names: readonly string[]): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)));

export const withoutZeros = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([, amount]) => !isZero(amount)));

/** `cpu=1,memory=2Gi`, by name. */
export const amountsText = (amounts: Amounts): string =>
  Object.entries(amounts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${amount}`)
    .join(",");
