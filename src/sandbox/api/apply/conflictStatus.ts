import type { ApplyConflict } from "./applyServerSide.ts";
import { printPath } from "./FieldSet.ts";
import { type Manager, managerId } from "./ManagedFields.ts";

/** The message and causes of the 409 that a server answers to conflicts. */
export function conflictStatus(conflicts: readonly ApplyConflict[]): {
  message: string;
  causes: { reason: "FieldManagerConflict"; message: string; field: string }[];
} {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict" as const,
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }));
  if (causes.length === 1)
    return { message: `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`, causes };
  const byManager = new Map<string, { manager: string; fields: string[] }>();
  for (const { manager, path } of conflicts) {
    const id = managerId(manager);
    const group = byManager.get(id) ?? { manager: printManager(manager), fields: [] };
    group.fields.push(printPath(path));
    byManager.set(id, group);
  }
  const lines = [...byManager]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { manager, fields }]) => [
      `conflicts with ${manager}:`,
      ...fields.map((field) => `- ${field}`),
    ]);
  return { message: `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`, causes };
}

/** `"kubectl"`, or `"kubectl" with subresource "scale" using apps/v1`. The real server names no time: it isn't part of the identity. */
function printManager({ name, operation, apiVersion, subresource }: Manager): string {
  const quoted =
    JSON.stringify(name) + (subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Update" ? `${quoted} using ${apiVersion}` : quoted;
}
