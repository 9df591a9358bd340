import * as fc from "fast-check";
import { at, configMap } from "../../cases/objects.ts";
import { metadata, some, text, texts, type Subject } from "../Subject.ts";

// Not empty: to Go's comparison of what is immutable an empty map is another than none, which is not told apart here.
const someTexts = texts.filter((data) => Object.keys(data).length > 0);

export const configMaps: Subject = {
  path: (...rest) => at("configmaps", ...rest),
  base: { apiVersion: "v1", kind: "ConfigMap" },
  fields: some({
    metadata,
    data: someTexts,
    binaryData: fc.dictionary(fc.constantFrom("b", "k"), fc.constantFrom("eA==", ""), {
      minKeys: 1,
      maxKeys: 1,
      noNullPrototype: true,
    }),
    immutable: fc.constantFrom(false, false, false, false, true),
  }),
  last: configMap("zz", {}, { labels: { k: "x" } }),
  pointers: [
    "/data",
    "/data/k",
    "/data/l",
    "/data/m.n~1o",
    "/metadata/labels",
    "/metadata/labels/k",
    "/metadata/annotations",
    "/metadata/finalizers",
    "/metadata/finalizers/0",
    "/metadata/finalizers/-",
    "/immutable",
  ],
  directives: fc.oneof(
    text.map((k) => ({ data: { $patch: "replace", k } })),
    fc.constant({ data: { $patch: "delete" } }),
    fc.constant({ metadata: { "$deleteFromPrimitiveList/finalizers": ["m.n/o"] } }),
    fc.constant({ metadata: { $retainKeys: ["name"], labels: { k: "x" } } }),
    fc.constant({
      metadata: { "$setElementOrder/finalizers": ["p.q/r", "m.n/o"], finalizers: ["p.q/r"] },
    }),
    fc.constant({ metadata: { labels: { $patch: "merge", l: "y" } } }),
  ),
  removable: ["data", "metadata.labels", "metadata.finalizers", "data.k", "immutable"],
};
