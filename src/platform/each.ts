import { MoorageError } from "../contract/index.ts";

type Entry<Key extends string, Value> = readonly [key: Key, value: Value];

/**
 * One component for each element, or each combination of elements: `each(detectors, queues, (d, q) => [`${d}-${q}`, worker({...})])`.
 * The keys of the result are known to the types when the lists are `as const`.
 */
export function each<const A, Key extends string, Value>(
  a: readonly A[],
  make: (a: A) => Entry<Key, Value>,
): { readonly [key in Key]: Value };
export function each<const A, const B, Key extends string, Value>(
  a: readonly A[],
  b: readonly B[],
  make: (a: A, b: B) => Entry<Key, Value>,
): { readonly [key in Key]: Value };
export function each<const A, const B, const C, Key extends string, Value>(
  a: readonly A[],
  b: readonly B[],
  c: readonly C[],
  make: (a: A, b: B, c: C) => Entry<Key, Value>,
): { readonly [key in Key]: Value };
export function each<const A, const B, const C, const D, Key extends string, Value>(
  a: readonly A[],
  b: readonly B[],
  c: readonly C[],
  d: readonly D[],
  make: (a: A, b: B, c: C, d: D) => Entry<Key, Value>,
): { readonly [key in Key]: Value };
export function each(...args: unknown[]): Record<string, unknown> {
  const make = args.at(-1) as (...elements: unknown[]) => Entry<string, unknown>;
  const lists = args.slice(0, -1) as (readonly unknown[])[];
  let combinations: unknown[][] = [[]];
  for (const list of lists) {
    combinations = combinations.flatMap((before) => list.map((element) => [...before, element]));
  }
  const result: Record<string, unknown> = {};
  for (const combination of combinations) {
    const [key, value] = make(...combination);
    if (Object.hasOwn(result, key)) {
      throw new MoorageError("PlatformInvalid", `each makes two components of the name ${key}`, {
        exitCode: 2,
        hint: "put every element that tells them apart into the key",
      });
    }
    result[key] = value;
  }
  return result;
}
