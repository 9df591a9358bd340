import type { KubeObject } from "../../../contract/index.ts";
import { ageColumn, ageOf, nameColumn, type Column, type Printer } from "./Printer.ts";

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** The columns that a custom resource definition asks for; name and age when it asks for none. */
export function customPrinter(columns: readonly PrinterColumn[] | undefined): Printer {
  if (columns === undefined || columns.length === 0) return [nameColumn, { ...ageColumn, type: "date" }];
  return [
    nameColumn,
    ...columns.map(({ jsonPath, type, name, format, description, priority }): Column => {
      const read = compilePath(jsonPath);
      return {
        name,
        type: type as Column["type"],
        ...(format === undefined ? {} : { format }),
        ...(description === undefined ? {} : { description }),
        priority: priority ?? 0,
        cell: (object, now) => {
          const values = read(object);
          const value = values[0];
          if (value === undefined || value === null) return null;
          if (type === "date") return ageOf(value, now);
          // Of several results only the first is shown.
          if (type === "string") return typeof value === "string" ? value : JSON.stringify(value);
          if (type === "integer") return Math.trunc(Number(value));
          if (type === "number") return Number(value);
          return value;
        },
      };
    }),
  ];
}

type Step =
  | { readonly field: string }
  | { readonly index: number }
  | { readonly all: true }
  | { readonly field: string; readonly equals: string };

/** The part of kubectl's JSONPath that printer columns use: fields, indices, `[*]`, and `[?(@.type=="Ready")]`. */
function compilePath(path: string): (object: KubeObject) => unknown[] {
  const steps: Step[] = [];
  const pattern =
    /\.((?:\\.|[^.[\]\\])+)|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]|\[(-?\d+)\]|\[\*\]|\[['"]([^'"]+)['"]\]/y;
  const source = path.startsWith(".") || path.startsWith("[") ? path : `.${path}`;
  while (pattern.lastIndex < source.length) {
    const match = pattern.exec(source);
    if (match === null) return () => [];
    if (match[1] !== undefined) steps.push({ field: match[1].replaceAll(/\\(.)/g, "$1") });
    else if (match[2] !== undefined) steps.push({ field: match[2], equals: match[3] ?? "" });
    else if (match[4] !== undefined) steps.push({ index: Number(match[4]) });
    else if (match[5] !== undefined) steps.push({ field: match[5] });
    else steps.push({ all: true });
  }
  return (object) => {
    let values: unknown[] = [object];
    for (const step of steps) values = values.flatMap((value) => take(value, step));
    return values.filter((value) => value !== undefined);
  };
}

function take(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if ("equals" in step)
    return Array.isArray(value)
      ? value.filter((one) => String((one as Record<string, unknown>)[step.field]) === step.equals)
      : [];
  if ("field" in step)
    return Object.hasOwn(value, step.field) ? [(value as Record<string, unknown>)[step.field]] : [];
  if (!Array.isArray(value)) return "all" in step ? Object.values(value) : [];
  return "index" in step ? [value.at(step.index)] : value;
}
