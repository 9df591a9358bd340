import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { portName } from "./names.ts";

// What is asked of single fields, of whichever kind.

export const NOT_NEGATIVE = "must be greater than or equal to 0";

export function notNegative(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === "number" && value < 0) errors.push(invalid(field, value, NOT_NEGATIVE));
}

export function supported(
  value: string | undefined,
  values: readonly string[],
  field: string,
  errors: FieldError[],
): void {
  if (value === undefined || values.includes(value)) return;
  errors.push(value === "" ? required(field) : notSupported(field, value, [...values].toSorted()));
}

export function nameProblems(
  rule: (name: string) => readonly string[],
  value: string,
  field: string,
  errors: FieldError[],
): void {
  for (const problem of rule(value)) errors.push(invalid(field, value, problem));
}

export function validatePort(port: number, field: string, errors: FieldError[]): void {
  if (port < 1 || port > 65_535) errors.push(invalid(field, port, "must be between 1 and 65535, inclusive"));
}

export function validatePortOrName(
  port: number | string | undefined,
  field: string,
  errors: FieldError[],
): void {
  if (typeof port === "string") nameProblems(portName, port, field, errors);
  else validatePort(port ?? 0, field, errors);
}
