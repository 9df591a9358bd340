import * as fc from "fast-check";
import { at, secret } from "../../cases/objects.ts";
import { metadata, some, texts, type Subject } from "../Subject.ts";

export const secrets: Subject = {
  path: (...rest) => at("secrets", ...rest),
  base: { apiVersion: "v1", kind: "Secret" },
  fields: some({
    metadata,
    type: fc.constantFrom("Opaque", "", "example.org/a"),
    data: fc.dictionary(fc.constantFrom("k", "l"), fc.constantFrom("eA==", "eQ==", "", "?"), {
      minKeys: 1,
      maxKeys: 2,
      noNullPrototype: true,
    }),
    stringData: texts.map(({ k, l }) => ({ ...(k ? { k } : {}), ...(l ? { l } : {}) })),
    immutable: fc.constantFrom(false, false, false, true),
  }),
  last: secret("zz", { metadata: { name: "zz", labels: { k: "x" } } }),
  pointers: ["/data", "/data/k", "/data/l", "/stringData", "/stringData/k", "/type", "/metadata/labels/k"],
  directives: fc.constantFrom(
    { data: { $patch: "replace", k: "eA==" } },
    { data: { $patch: "delete" } },
    { stringData: { $patch: "merge", k: "y" } },
  ),
  removable: ["data", "data.k", "stringData", "type", "metadata.labels", "immutable"],
};
