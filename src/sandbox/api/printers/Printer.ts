import type { KubeObject } from "../../../contract/index.ts";

/** One column of a Table. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 1: only in `-o wide`. */
  readonly priority?: number;
  /** `now` is in milliseconds. */
  readonly cell: (object: KubeObject, now: number) => unknown;
}

/** The columns of a kind, in order. */
export type Printer = readonly Column[];

/** Any part of an object, read without certainty that it is there. */
export function at(object: unknown, ...path: (string | number)[]): unknown {
  let value = object;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

export const text = (object: unknown, ...path: (string | number)[]): string => {
  const value = at(object, ...path);
  return value === undefined || value === null
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
};
export const number = (object: unknown, ...path: (string | number)[]): number =>
  Number(at(object, ...path) ?? 0);
export const list = (object: unknown, ...path: (string | number)[]): Record<string, unknown>[] => {
  const value = at(object, ...path);
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
};
export const orNone = (value: string): string => (value === "" ? "<none>" : value);

/** `5m`, `3h20m`, `12d`. Source: k8s.io/apimachinery/pkg/util/duration HumanDuration. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (days < 365 * 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}

export function ageOf(time: unknown, now: number): string {
  if (typeof time !== "string" || time === "") return "<unknown>";
  return humanDuration(now - Date.parse(time));
}

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  cell: ({ metadata }) => metadata.name ?? "",
};
export const ageColumn: Column = {
  name: "Age",
  type: "string",
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

type Cell = Column["cell"];
export const column = (name: string, cell: Cell, priority = 0): Column => ({
  name,
  type: "string",
  cell,
  priority,
});
export const integer = (name: string, cell: Cell, priority = 0): Column => ({
  name,
  type: "integer",
  cell,
  priority,
});

/** `a=b,c=d`, sorted; `<none>`. */
export function labelsText(labels: unknown): string {
  if (typeof labels !== "object" || labels === null) return "<none>";
  return orNone(
    Object.entries(labels as Record<string, string>)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
      .join(","),
  );
}

/** A LabelSelector as `-o wide` shows it. */
export function selectorText(selector: unknown): string {
  const parts = Object.entries((at(selector, "matchLabels") ?? {}) as Record<string, string>)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  for (const one of list(selector, "matchExpressions")) {
    const key = text(one, "key");
    const values = (list(one, "values") as unknown as string[]).toSorted().join(",");
    const operator = text(one, "operator");
    parts.push(
      operator === "In"
        ? `${key} in (${values})`
        : operator === "NotIn"
          ? `${key} notin (${values})`
          : operator === "Exists"
            ? key
            : `!${key}`,
    );
  }
  return orNone(parts.join(","));
}

/** Containers and images of a pod template, as `-o wide` shows them. */
export const containerColumns = (...path: string[]): Column[] => [
  column(
    "Containers",
    (object) =>
      list(object, ...path, "containers")
        .map((one) => text(one, "name"))
        .join(","),
    1,
  ),
  column(
    "Images",
    (object) =>
      list(object, ...path, "containers")
        .map((one) => text(one, "image"))
        .join(","),
    1,
  ),
];
