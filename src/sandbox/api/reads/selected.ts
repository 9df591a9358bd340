import type { KindRequest } from "../KindRequest.ts";
import { bothTests, fieldTest, labelTest, type ObjectTest } from "../selectors.ts";

/** Which objects a request is about, by its selectors and name; undefined: all of the collection. */
export function selected({ kind, info, request: { query } }: KindRequest): ObjectTest | undefined {
  const named = info.name === undefined ? null : `metadata.name=${info.name}`;
  const fields = [query.get("fieldSelector"), named].filter((part) => part !== null && part !== "").join(",");
  const test = fieldTest(fields, kind, kind.custom?.selectableFields);
  // Fields are named as they are shown.
  const { fromStored } = kind;
  return bothTests(
    labelTest(query.get("labelSelector")),
    test === undefined || fromStored === undefined ? test : (object) => test(fromStored(object)),
  );
}
