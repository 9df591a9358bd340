import type { Environment } from "@marcbachmann/cel-js";
import { isQuantity, nanosOf, quantityProblem } from "../../schema/quantity.ts";

class Quantity {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

const one = 1_000_000_000n;

/** quantity() and what it can do. (quantity.go) */
export function addQuantities(environment: Environment): void {
  const type = "kubernetes.Quantity";
  environment
    .registerType(type, { ctor: Quantity, fields: {} })
    .registerFunction("isQuantity(string): bool", (text: string) => isQuantity(text))
    .registerFunction(`quantity(string): ${type}`, (text: string) => {
      const nanos = nanosOf(text);
      if (nanos === undefined) throw new Error(quantityProblem);
      return new Quantity(nanos);
    })
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos > b.nanos)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos < b.nanos)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) =>
      a.nanos > b.nanos ? 1n : a.nanos < b.nanos ? -1n : 0n,
    )
    .registerFunction(`${type}.isInteger(): bool`, ({ nanos }: Quantity) => nanos % one === 0n)
    .registerFunction(`${type}.asInteger(): int`, ({ nanos }: Quantity) => {
      if (nanos % one !== 0n) throw new Error("cannot convert value to integer");
      return nanos / one;
    })
    .registerFunction(`${type}.asApproximateFloat(): double`, ({ nanos }: Quantity) => Number(nanos) / 1e9)
    .registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => a.nanos === b.nanos);
  for (const [name, sign] of [
    ["add", 1n],
    ["sub", -1n],
  ] as const) {
    environment
      .registerFunction(
        `${type}.${name}(${type}): ${type}`,
        (a: Quantity, b: Quantity) => new Quantity(a.nanos + sign * b.nanos),
      )
      .registerFunction(
        `${type}.${name}(int): ${type}`,
        (a: Quantity, b: bigint) => new Quantity(a.nanos + sign * b * one),
      );
  }
}
