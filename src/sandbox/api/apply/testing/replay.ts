import type { KubeObject } from "../../../../contract/index.ts";
import { loadSchema } from "../../../../kube/index.ts";
import { decode } from "../../schema/decode.ts";
import { schemaOfTable } from "../../schema/schemaOfTable.ts";
import type { SchemaNode } from "../../schema/SchemaNode.ts";
import { applyServerSide } from "../applyServerSide.ts";
import { conflictStatus } from "../conflictStatus.ts";
import { copyJson } from "../copyJson.ts";
import { recursiveDifference } from "../FieldSet.ts";
import { updateManagedFields } from "../updateManagedFields.ts";
import type { Write } from "./applySequences.ts";

/** The node of a built-in kind. */
export function schemaFor(apiVersion: string, kind: string): SchemaNode {
  const [group, version] = apiVersion.includes("/")
    ? (apiVersion.split("/") as [string, string])
    : ["", apiVersion];
  const table = loadSchema({ group, version, kind });
  if (table === undefined) throw new Error(`no such kind: ${apiVersion} ${kind}`);
  return schemaOfTable(table, kind);
}

export type Outcome = { object: KubeObject } | { error: string; causes?: unknown[] };

/** Carries out a sequence of writes to one object; a refused one changes nothing. */
export function replay(writes: readonly Write[]): Outcome[] {
  let live: KubeObject | undefined;
  return writes.map((write): Outcome => {
    const object = copyJson(write.object) as unknown as KubeObject;
    const { apiVersion, kind } = object;
    const common = {
      schema: schemaFor(apiVersion, kind),
      manager: write.manager,
      apiVersion,
      now: "2026-01-01T00:00:00Z",
      resetFields: (set: Parameters<typeof recursiveDifference>[0]) =>
        recursiveDifference(set, { "f:status": {} }),
    };
    if (write.op === "apply") {
      const result = applyServerSide({ ...common, live, config: object, force: write.force });
      if (result.conflicts !== undefined) {
        const { message, causes } = conflictStatus(result.conflicts);
        return { error: message, causes };
      }
      live = copyJson(result.object);
      decode({ object: live, schema: common.schema, kind, apiVersion, fieldValidation: "Ignore" });
    } else {
      decode({ object, schema: common.schema, kind, apiVersion, fieldValidation: "Ignore" });
      updateManagedFields({ ...common, live, next: object });
      live = object;
    }
    live = { ...live, metadata: { ...live.metadata, uid: "u" } };
    return { object: live };
  });
}
