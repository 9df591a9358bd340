import type { Environment } from "@marcbachmann/cel-js";

/** Types whose values have an order. */
const ordered = ["int", "double", "string", "bool", "google.protobuf.Duration", "google.protobuf.Timestamp"];

type Comparable = bigint | number | string | Date;

const least = (
  list: readonly Comparable[],
  name: string,
  better: (a: Comparable, b: Comparable) => boolean,
): Comparable => {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, one) => (better(one, best) ? one : best), first);
};
const isSorted = (list: readonly Comparable[]): boolean =>
  list.every((item, i) => i === 0 || (list[i - 1] as Comparable) <= item);

/** isSorted, sum, min, max, indexOf, lastIndexOf, and sets. (lists.go) */
export function addLists(environment: Environment): void {
  for (const type of ordered) {
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, isSorted)
      .registerFunction(`list<${type}>.min(): ${type}`, (list: Comparable[]) =>
        least(list, "min", (a, b) => a < b),
      )
      .registerFunction(`list<${type}>.max(): ${type}`, (list: Comparable[]) =>
        least(list, "max", (a, b) => a > b),
      );
  }
  environment
    .registerFunction("list<int>.sum(): int", (list: bigint[]) => list.reduce((a, b) => a + b, 0n))
    .registerFunction("list<double>.sum(): double", (list: number[]) => list.reduce((a, b) => a + b, 0));
  for (const type of ["int", "double", "string", "bool"]) {
    const list = `list<${type}>`;
    environment
      .registerFunction(`${list}.indexOf(${type}): int`, (all: unknown[], one: unknown) =>
        BigInt(all.indexOf(one)),
      )
      .registerFunction(`${list}.lastIndexOf(${type}): int`, (all: unknown[], one: unknown) =>
        BigInt(all.lastIndexOf(one)),
      );
  }
  class Sets {
    readonly name = "sets";
  }
  environment.registerType("kubernetes.Sets", { ctor: Sets, fields: {} });
  environment.registerConstant("sets", "kubernetes.Sets", new Sets());
  const contains = (all: unknown[], some: unknown[]): boolean => some.every((one) => all.includes(one));
  environment
    .registerFunction(
      "kubernetes.Sets.contains(list, list): bool",
      (_sets: unknown, all: unknown[], some: unknown[]) => contains(all, some),
    )
    .registerFunction(
      "kubernetes.Sets.equivalent(list, list): bool",
      (_sets: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a),
    )
    .registerFunction(
      "kubernetes.Sets.intersects(list, list): bool",
      (_sets: unknown, a: unknown[], b: unknown[]) => a.some((one) => b.includes(one)),
    );
}
