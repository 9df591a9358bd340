import type { ApiRequest } from "./ApiRequest.ts";
import { badRequest, StatusError } from "./StatusError.ts";

/** The query parameters that all writes share. */
export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
  readonly force: boolean;
}

const optionsKinds: Readonly<Record<string, string>> = {
  POST: "CreateOptions",
  PUT: "UpdateOptions",
  PATCH: "PatchOptions",
  DELETE: "DeleteOptions",
};

export function writeOptionsOf({ method, query, headers }: ApiRequest): WriteOptions {
  const kind = optionsKinds[method] ?? "PatchOptions";
  const dryRun = query.getAll("dryRun");
  if (dryRun.some((value) => value !== "All")) {
    throw invalidOptions(
      kind,
      "dryRun",
      `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    );
  }
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (fieldValidation !== "Ignore" && fieldValidation !== "Warn" && fieldValidation !== "Strict") {
    throw invalidOptions(
      kind,
      "fieldValidation",
      `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    );
  }
  const named = query.get("fieldManager") ?? "";
  if (Buffer.byteLength(named) > 128)
    throw invalidOptions(
      kind,
      "fieldManager",
      "Too long: may not be more than 128 bytes",
      "FieldValueTooLong",
    );
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(named);
  if (unprintable !== null) {
    const code = (named.codePointAt(unprintable.index) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    throw invalidOptions(
      kind,
      "fieldManager",
      `Invalid value: ${JSON.stringify(named)}: invalid character U+${code} (at position ${unprintable.index})`,
      "FieldValueInvalid",
    );
  }
  const agent = (headers["user-agent"] ?? "").split("/")[0] ?? "";
  return {
    manager: named === "" ? agent || "unknown" : named,
    dryRun: dryRun.includes("All"),
    fieldValidation,
    force: /^(true|1)$/.test(query.get("force") ?? ""),
  };
}

/** A number of the query, as Go reads it. */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const big = BigInt(text);
  if (BigInt.asIntN(64, big) !== big)
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(text);
}

/** A yes or no of the query, as Go reads it: whatever is not said to be false is true. */
export function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && !/^(0|false)$/i.test(text);
}

const invalidOptions = (
  kind: string,
  field: string,
  message: string,
  reason = "FieldValueNotSupported",
): StatusError =>
  new StatusError(422, "Invalid", `${kind}.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: "meta.k8s.io",
    kind,
    causes: [{ reason, message, field }],
  });
