import type { Answer } from "./runCase.ts";

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const tokenVolume = /\bkube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;
const age = /^(?:<invalid>|<unknown>|\d+(?:ms|s|m|h|d)(?:\d+(?:s|m|h))?(?: ago)?)$/;

/**
 * Makes the answers of two servers comparable. Uids and objects' resourceVersions are numbered in the order of their first appearance, so
 * that what is equal, and what has changed, still shows; a list's resourceVersion may be newer than any object's and is only named. Times
 * keep their precision, and who owns that of a condition is left out. Addresses and ports that a server chooses are named. Managed fields are sorted, as their order hangs on the
 * second in which they were written.
 */
export function normalise(answers: readonly Answer[], givenTimes: ReadonlySet<string>): unknown[] {
  const uids = new Map<string, string>();
  const versions = new Map<string, string>();
  const numbered = (map: Map<string, string>, key: string, what: string): string => {
    const known = map.get(key) ?? `<${what} ${map.size + 1}>`;
    map.set(key, known);
    return known;
  };

  const textOf = (given: string, key: string): unknown => {
    let value = given.replaceAll(tokenVolume, "kube-api-access-<generated>");
    if (time.test(value) && !givenTimes.has(value))
      return value.includes(".") ? `<time with ${value.length - 21} decimals>` : "<time>";
    if (key === "message" || key === "uid" || key === "cell" || value.length === 36)
      value = value.replace(uid, (match) => numbered(uids, match, "uid"));
    if (key === "message")
      return withoutGo(value)
        .replace(/(resource version:? ?)\d+( \(\d+\))?/gi, "$1<version>")
        .replace(/(ResourceVersion in the precondition) \(\d*\)/, "$1 (<version>)")
        .replace(/, current: \d+/, ", current: <version>")
        .replace(/(ResourceVersion in record )\(\d+\)/, "$1(<version>)");
    // In no order: Go goes through a map.
    if (key === "warnings")
      return value
        .split(", 299 - ")
        .map((text) => text.replace(/^299 - /, ""))
        .toSorted();
    return value;
  };

  const walk = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === "string") return textOf(value, key);
    if (Array.isArray(value)) {
      if (key === "managedFields") return walkManagedFields(value);
      // Go goes through a map of managers here.
      if (key === "causes" && value.every(({ reason }) => reason === "FieldManagerConflict"))
        return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      return value.map((item) => walk(item, key, parent));
    }
    if (typeof value !== "object" || value === null) return value;
    const object = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    const isList = Array.isArray(object["items"]) || Array.isArray(object["columnDefinitions"]);
    // Sorted: what comes first must not hang on the order in which a server writes fields.
    for (const [name, inner] of Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      // What a bookmark has besides a version are the empty fields of a type of Go.
      if (
        key === "object" &&
        name !== "metadata" &&
        name !== "kind" &&
        name !== "apiVersion" &&
        "metadata" in object &&
        isBookmark(object)
      )
        continue;
      if (name === "metadata" && typeof inner === "object" && inner !== null)
        result[name] = walkMetadata(inner as Record<string, unknown>, isList || isBookmark(object));
      else if (name === "cells" && Array.isArray(inner))
        result[name] = inner.map((cell) =>
          typeof cell === "string" && age.test(cell)
            ? "<age>"
            : typeof cell === "string" && cell.startsWith("10.96.")
              ? "<address>"
              : walk(cell, "cell", name),
        );
      else if (
        typeof inner === "string" &&
        (name === "clusterIP" || name === "nodePort") &&
        inner.startsWith("10.")
      )
        result[name] = "<address>";
      else if (name === "clusterIPs" && Array.isArray(inner))
        result[name] = inner.map((address) => (String(address).startsWith("10.") ? "<address>" : address));
      else if (name === "healthCheckNodePort") result[name] = "<port>";
      // A writer owns what it changed: the time of a condition only when the second was another.
      else if (name === "f:lastTransitionTime") continue;
      // Nobody is shown what a column means; the types of columns are compared.
      else if (name === "description" && "format" in object && "priority" in object) continue;
      else if (name === "nodePort" && typeof inner === "number" && inner >= 30_000) result[name] = "<port>";
      else if (name.startsWith('k:{"uid":'))
        result[name.replace(uid, (match) => numbered(uids, match, "uid"))] = walk(inner, name, key);
      else result[name] = walk(inner, name, key);
    }
    return result;
  };

  const walkMetadata = (metadata: Record<string, unknown>, isList: boolean): unknown => {
    const result = walk(metadata, "metadata", "") as Record<string, unknown>;
    const { resourceVersion, generateName, name } = metadata;
    if (typeof resourceVersion === "string" && resourceVersion !== "")
      result["resourceVersion"] = isList ? "<version>" : numbered(versions, resourceVersion, "version");
    if (typeof metadata["continue"] === "string" && metadata["continue"] !== "")
      result["continue"] = "<token>";
    if (typeof generateName === "string" && typeof name === "string" && name.startsWith(generateName))
      result["name"] =
        `${generateName}${/^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name.slice(generateName.length)) ? "<generated>" : "<not as generated>"}`;
    return result;
  };

  const walkManagedFields = (fields: unknown[]): unknown =>
    fields
      .map((field) => walk(field, "managedField", ""))
      .map((field) => ({
        field,
        key: JSON.stringify(
          ["manager", "operation", "subresource"].map((name) => (field as Record<string, unknown>)[name]),
        ),
      }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ field }) => field);

  return answers.map((answer) => walk(answer, "", ""));
}

/**
 * Objects inside a refusal are written with the names of Go's fields, or as a diff of Go's structs: which field it is about, and why, is
 * what a client can use.
 */
const withoutGo = (message: string): string =>
  message
    .replace(/\n(?:@@| {2}(?:core|apps)\.)[\s\S]*?(\]?)$/, (_diff, end: string) =>
      message.includes(" is invalid: [") ? end : "",
    )
    .replaceAll(/((?:Invalid|Unsupported|Duplicate) value: )(?:\{.*?\}|\[.*?\]|null)(?=: |$)/g, "$1<object>");

const isBookmark = (object: Record<string, unknown>): boolean => {
  const metadata = object["metadata"] as Record<string, unknown>;
  return metadata["uid"] === undefined && metadata["name"] === undefined;
};

/** Every time that a case itself names: these have to come back as they are. */
export function timesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === "string") {
    if (time.test(value)) found.add(value);
  } else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) timesIn(inner, found);
  return found;
}
