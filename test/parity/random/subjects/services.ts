import * as fc from "fast-check";
import { at } from "../../cases/objects.ts";
import { compact, maybe, metadata, some, texts, unique, type Subject } from "../Subject.ts";

const port = fc
  .record({
    port: fc.constantFrom(80, 81),
    name: maybe(fc.constantFrom("p", "q")),
    protocol: maybe(fc.constantFrom("TCP", "UDP")),
    targetPort: maybe(fc.constantFrom<number | string>(8080, "web")),
  })
  .map(compact);
const condition = fc
  .record({
    type: fc.constantFrom("A", "B"),
    status: fc.constantFrom("True", "False"),
    reason: fc.constantFrom("X", "Y"),
    message: fc.constantFrom("", "m"),
    lastTransitionTime: fc.constantFrom("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"),
  })
  .map(compact);

export const services: Subject = {
  path: (...rest) => at("services", ...rest),
  base: { apiVersion: "v1", kind: "Service" },
  fields: some({
    metadata,
    spec: some({
      type: fc.constantFrom("ClusterIP", "NodePort"),
      selector: texts,
      ports: unique(port, "port"),
      sessionAffinity: fc.constantFrom("None", "ClientIP"),
    }),
  }),
  last: {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "zz", labels: { k: "x" } },
    spec: { ports: [{ port: 80 }] },
  },
  pointers: [
    "/spec/ports",
    "/spec/ports/0",
    "/spec/ports/0/port",
    "/spec/ports/0/name",
    "/spec/ports/-",
    "/spec/type",
    "/spec/selector",
    "/spec/selector/k",
    "/metadata/labels/k",
  ],
  directives: fc.oneof(
    fc.constantFrom(80, 81).map((number) => ({ spec: { ports: [{ $patch: "delete", port: number }] } })),
    fc.constant({ spec: { ports: [{ port: 81, name: "q" }], "$setElementOrder/ports": [{ port: 81 }] } }),
    fc.constant({ spec: { selector: { $patch: "replace", l: "y" } } }),
  ),
  status: some({
    metadata,
    status: some({
      loadBalancer: fc.constantFrom({}, { ingress: [] }),
      conditions: unique(condition, "type"),
    }),
  }),
  removable: ["metadata.labels", "spec.ports", "spec.selector", "spec.type"],
};
