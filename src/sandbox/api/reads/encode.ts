import type { KindRequest } from "../KindRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import { shownAs } from "../shownAs.ts";
import type { Stored } from "../store/Store.ts";
import { partialMetadata, tableOf, type Form } from "./tables.ts";

/** Of every answer that holds objects. */
export const jsonHeaders = { "content-type": "application/json" };

/** An object as a version of its kind shows it. */
function jsonAs(stored: Stored, kind: ServedKind): string {
  const shown = shownAs(stored, kind);
  return shown === stored.object ? stored.json : JSON.stringify(shown);
}

/** As an item of a list: built-in kinds leave out there what the list says. */
export function itemAs(stored: Stored, kind: ServedKind): string {
  if (kind.custom !== undefined) return jsonAs(stored, kind);
  // Most were stored with both in front, and need not be written again.
  const head =
    kind.fromStored !== undefined
      ? undefined
      : /^\{(?:"kind":"[^"]*",?|"apiVersion":"[^"]*",?){2}/.exec(stored.json)?.[0];
  if (head !== undefined) return `{${stored.json.slice(head.length)}`;
  const { kind: _kind, apiVersion: _apiVersion, ...item } = shownAs(stored, kind);
  return JSON.stringify(item);
}

/** One object in the form that the client wants; of a watch's rows, only the first says its columns. */
export function encode(
  { context, kind, request }: KindRequest,
  form: Form,
  stored: Stored,
  withColumns = true,
): string {
  if (form === "object") return jsonAs(stored, kind);
  if (form === "metadata") return JSON.stringify(partialMetadata(stored.object));
  return JSON.stringify(
    tableOf({
      kind,
      objects: [shownAs(stored, kind)],
      includeObject: request.query.get("includeObject"),
      withColumns,
      metadata: { resourceVersion: stored.object.metadata.resourceVersion },
      now: context.clock.now(),
    }),
  );
}
