import * as fc from "fast-check";
import { sample, sampleDefinition, samples } from "../../cases/objects.ts";
import { compact, maybe, metadata, some, text, texts, unique, type Json, type Subject } from "../Subject.ts";

/** Samples with a status of their own and a scale. */
export const definitionOfSamples: Json = sampleDefinition({
  subresources: {
    status: {},
    scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.replicas" },
  },
});

export const customs: Subject = {
  path: (...rest) => samples(...rest),
  base: { apiVersion: "{ns}.example.org/v1", kind: "Sample" },
  fields: some({
    metadata,
    spec: some({
      size: fc.constantFrom<unknown>(1, 1, 2, 2, 3, 0, "x", 1.5),
      colour: fc.constantFrom("red", "green", "none"),
      items: unique(
        fc.record({ name: fc.constantFrom("p", "q"), n: maybe(fc.constantFrom(1, 2)) }).map(compact),
        "name",
      ),
      tags: fc.uniqueArray(text, { maxLength: 3 }),
      quantity: fc.constantFrom<unknown>(1, "2"),
      free: fc.dictionary(text, texts, { maxKeys: 2, noNullPrototype: true }),
      // One at most: which of several unknown fields an apply is refused for hangs on the order of a map of Go.
      unknown: text,
    }),
  }),
  last: sample("zz", { size: 1 }, { metadata: { name: "zz", labels: { k: "x" } } }),
  pointers: [
    "/spec",
    "/spec/size",
    "/spec/colour",
    "/spec/items/-",
    "/spec/items/0",
    "/spec/tags",
    "/spec/tags/0",
    "/spec/free",
    "/spec/free/x",
    "/status",
    "/metadata/labels",
  ],
  status: some({
    metadata,
    status: some({ phase: text, replicas: fc.constantFrom(0, 1, 2) }),
  }),
  scale: true,
  removable: ["spec", "spec.size", "spec.items", "spec.colour", "metadata.labels"],
};
