import { apiVersionOf } from "../../kube/KindInfo.ts";
import { loadSchema } from "../../kube/loadSchema.ts";
import type { BuiltinKind } from "../../kube/table/builtinKinds.ts";
import { conversions } from "./convert/index.ts";
import { strategyOf } from "./kinds/index.ts";
import { printerOf } from "./printers/printerOf.ts";
import { anyNode, schemaOfTable, type SchemaNode } from "./schema/index.ts";
import type { ServedKind } from "./ServedKind.ts";

/** A kind of the generated table, ready to be served. */
export function builtinServedKind(info: BuiltinKind): ServedKind {
  let schema: SchemaNode | undefined;
  return {
    ...info,
    collection: info.group === "" ? info.plural : `${info.group}/${info.plural}`,
    storedAs: apiVersionOf(info),
    ...conversions[`${info.kind}.${apiVersionOf(info)}`],
    strategy: strategyOf(info),
    get schema() {
      if (schema === undefined) {
        const table = loadSchema(info);
        schema = table === undefined ? anyNode : schemaOfTable(table, info.kind);
      }
      return schema;
    },
    printer: printerOf(info),
  };
}
