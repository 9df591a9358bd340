import type { ApiRequest } from "./ApiRequest.ts";
import { badRequest, StatusError } from "./StatusError.ts";

/** The query parameters that all writes share. */
export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
  readonly force: boolean;
}

export function writeOptionsOf({ query, headers }: ApiRequest): WriteOptions {
  const dryRun = query.getAll("dryRun");
  if (dryRun.some((value) => value !== "All" && value !== "")) {
    throw invalidOptions(
      "dryRun",
      `Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`,
    );
  }
  const fieldValidation = query.get("fieldValidation") || "Warn";
  if (fieldValidation !== "Ignore" && fieldValidation !== "Warn" && fieldValidation !== "Strict") {
    throw invalidOptions(
      "fieldValidation",
      `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    );
  }
  const named = query.get("fieldManager") ?? "";
  if (named.length > 128) throw invalidOptions("fieldManager", `Too long: may not be more than 128 bytes`);
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
  return Number(text);
}

const invalidOptions = (field: string, message: string): StatusError =>
  new StatusError(422, "Invalid", `PatchOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: "meta.k8s.io",
    kind: "PatchOptions",
    causes: [{ reason: "FieldValueNotSupported", message, field }],
  });
