import { isObject } from "../schema/SchemaNode.ts";
import { type Declaration, escapedName } from "./declare.ts";
import { goDuration } from "./library/goDuration.ts";
import { loadCel } from "./loadCel.ts";

/** A JSON value in the form in which rules see it: numbers by their type, times as times. What does not fit stays as it is. */
export function celValue(value: unknown, declared: Declaration): unknown {
  if (value === null || value === undefined) return null;
  switch (declared.kind) {
    case "list":
      return Array.isArray(value)
        ? value.map((item) => celValue(item, declared.element as Declaration))
        : value;
    case "map":
      return isObject(value)
        ? new Map(
            Object.entries(value).map(([key, item]) => [
              key,
              celValue(item, declared.element as Declaration),
            ]),
          )
        : value;
    case "object": {
      if (!isObject(value) || declared.ctor === undefined) return value;
      const object = new declared.ctor() as Record<string, unknown>;
      for (const [name, field] of declared.fields ?? []) {
        const escaped = escapedName(name);
        // A null is not there, for rules.
        if (escaped !== undefined && Object.hasOwn(value, name) && value[name] !== null)
          object[escaped] = celValue(value[name], field);
      }
      return object;
    }
    case "dyn":
      return untyped(value);
    default:
      return scalar(value, declared);
  }
}

function scalar(value: unknown, { scalar: as }: Declaration): unknown {
  if (as === "int") return Number.isInteger(value) ? BigInt(value as number) : value;
  if (typeof value !== "string") return value;
  if (as === "timestamp") return new Date(value);
  if (as === "bytes") return new Uint8Array(Buffer.from(value, "base64"));
  if (as !== "duration") return value;
  const nanos = goDuration(value);
  return nanos === undefined ? value : durationOf({ nanos: `${nanos}ns` });
}

/** The language's own durations can only be made in it. */
const durationOf = (context: { nanos: string }): unknown =>
  (duration ??= loadCel().parse("duration(nanos)"))(context);
let duration: ((context: object) => unknown) | undefined;

function untyped(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(untyped);
  if (!isObject(value)) return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, untyped(item)]));
}
