import type { KubeObject } from "../../contract/index.ts";
import type { Difference } from "./difference.ts";
import type { FieldChange } from "./difference.ts";
import { formatPath } from "./fieldPath.ts";
import { isMap } from "./deepEqual.ts";

/** Written by `kubectl apply` into every object, secrets included. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Turns differences into what may be shown. The values of a Secret never are: only which keys come, change or go. So nothing that a plan holds
 * in its changes has to be taken out later.
 */
export function showable(
  object: Pick<KubeObject, "kind" | "apiVersion">,
  found: readonly Difference[],
): FieldChange[] {
  const isSecret = object.kind === "Secret" && object.apiVersion === "v1";
  return found.flatMap((difference): FieldChange[] => {
    const fields = difference.path.map((segment) => ("field" in segment ? segment.field : ""));
    if (fields.includes(lastApplied)) return [];
    if (isSecret && (fields[0] === "data" || fields[0] === "stringData")) return secretChanges(difference);
    return [
      {
        path: formatPath(difference.path),
        ...(difference.before === undefined ? {} : { before: withoutLastApplied(difference.before) }),
        ...(difference.after === undefined ? {} : { after: withoutLastApplied(difference.after) }),
      },
    ];
  });
}

function secretChanges({ path, before, after }: Difference): FieldChange[] {
  if (path.length > 1) return [{ path: formatPath(path), secret: verb(before, after) }];
  // All of the data at once: key by key.
  const keys = new Set([
    ...Object.keys(isMap(before) ? before : {}),
    ...Object.keys(isMap(after) ? after : {}),
  ]);
  return [...keys].map((key) => ({
    path: formatPath([...path, { field: key }]),
    secret: verb(isMap(before) ? before[key] : undefined, isMap(after) ? after[key] : undefined),
  }));
}

const verb = (before: unknown, after: unknown): "added" | "changed" | "removed" =>
  before === undefined ? "added" : after === undefined ? "removed" : "changed";

function withoutLastApplied(value: unknown): unknown {
  if (!isMap(value) || !(lastApplied in value)) return value;
  const { [lastApplied]: _masked, ...rest } = value;
  return rest;
}
