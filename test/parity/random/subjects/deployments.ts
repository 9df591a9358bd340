import * as fc from "fast-check";
import { at } from "../../cases/objects.ts";
import { compact, maybe, metadata, some, text, texts, unique, type Json, type Subject } from "../Subject.ts";

const port = fc
  .record({
    containerPort: fc.constantFrom(80, 81),
    protocol: maybe(fc.constantFrom("TCP", "UDP")),
    name: maybe(fc.constantFrom("p", "q")),
  })
  .map(compact);
const container = fc
  .record({
    name: fc.constantFrom("c", "d"),
    image: fc.option(text, { nil: undefined, freq: 8 }),
    command: maybe(fc.array(text, { maxLength: 2 })),
    env: maybe(
      unique(fc.record({ name: fc.constantFrom("A", "B"), value: maybe(text) }).map(compact), "name"),
    ),
    ports: maybe(unique(port, "containerPort")),
    resources: maybe(
      fc.constantFrom<Json>({}, { limits: { cpu: "1000m" } }, { requests: { memory: "1024Ki" }, limits: {} }),
    ),
  })
  .map(compact);
const condition = fc
  .record({
    type: fc.constantFrom("Available", "Progressing"),
    status: fc.constantFrom("True", "False"),
    reason: maybe(text),
  })
  .map(compact);

export const deployments: Subject = {
  path: (...rest) => at("deployments", ...rest),
  base: { apiVersion: "apps/v1", kind: "Deployment" },
  fields: fc
    .record({
      metadata: maybe(metadata),
      spec: fc
        .record({
          replicas: maybe(fc.constantFrom(0, 1, 2)),
          paused: maybe(fc.boolean()),
          minReadySeconds: maybe(fc.constantFrom(0, 3)),
          selector: fc.constant({ matchLabels: { app: "a" } }),
          strategy: maybe(
            fc.constantFrom<Json>({ type: "Recreate" }, { rollingUpdate: { maxSurge: 2 } }, {}),
          ),
          template: fc.record({
            metadata: texts.map((labels) => ({ labels: { ...labels, app: "a" } })),
            spec: fc
              .record({
                containers: unique(container, "name"),
                terminationGracePeriodSeconds: maybe(fc.constantFrom(1, 5)),
              })
              .map(compact),
          }),
        })
        .map(compact),
    })
    .map(compact),
  last: {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "zz", labels: { k: "x" } },
    spec: {
      selector: { matchLabels: { app: "a" } },
      template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "x" }] } },
    },
  },
  pointers: [
    "/spec/replicas",
    "/spec/paused",
    "/spec/template/spec/containers/0",
    "/spec/template/spec/containers/-",
    "/spec/template/spec/containers/0/image",
    "/spec/template/spec/containers/0/env",
    "/spec/template/spec/containers/0/env/-",
    "/spec/template/spec/containers/0/command/0",
    "/spec/template/metadata/labels/k",
    "/metadata/labels",
    "/status/replicas",
  ],
  directives: fc.oneof(
    fc.constantFrom("c", "d").map((name) => ({
      spec: { template: { spec: { containers: [{ $patch: "delete", name }] } } },
    })),
    fc.constant({ spec: { strategy: { $patch: "replace", type: "Recreate" } } }),
    fc.constant({ spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }),
    text.map((image) => ({
      spec: {
        template: {
          spec: {
            "$setElementOrder/containers": [{ name: "d" }, { name: "c" }],
            containers: [{ name: "d", image }],
          },
        },
      },
    })),
    text.map((image) => ({
      spec: { template: { spec: { containers: [{ $patch: "replace" }, { name: "c", image }] } } },
    })),
    fc.constant({
      spec: {
        template: { spec: { containers: [{ name: "c", env: [{ name: "A", $patch: "delete" }] }] } },
      },
    }),
    fc.constant({
      spec: {
        template: { spec: { containers: [{ name: "c", ports: [{ containerPort: 80, name: "r" }] }] } },
      },
    }),
  ),
  status: some({
    metadata,
    status: some({
      replicas: fc.constantFrom(0, 1, 2),
      readyReplicas: fc.constantFrom(0, 1),
      observedGeneration: fc.constantFrom(0, 1, 2),
      conditions: unique(condition, "type"),
    }),
  }),
  scale: true,
  removable: ["metadata.labels", "metadata.finalizers", "spec.replicas", "spec.strategy", "spec.paused"],
};
