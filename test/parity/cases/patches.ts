import {
  get,
  patchJson,
  patchMerge,
  patchStrategic,
  post,
  type ParityCase,
  type Step,
  withoutWords,
} from "../ParityCase.ts";
import { at, configMap, container, deployment, deploymentOf, pod, service } from "./objects.ts";

const made = post(
  at("configmaps"),
  configMap("a", { x: "1", y: "2" }, { labels: { l: "1" }, annotations: { a: "1" } }),
);
const a = at("configmaps", "a");
const now = get(a);

/** A patch with a content type of the case's own. */
const patchWith = (type: string | undefined, path: string, body: unknown): Step => ({
  method: "PATCH",
  path,
  body,
  ...(type === undefined ? {} : { headers: { "content-type": type } }),
});

const ports = [
  { name: "web", port: 80 },
  { name: "metrics", port: 9090 },
];

/** The three patch types that aren't apply. */
export const patchCases: readonly ParityCase[] = [
  {
    title: "JSON patch: add, replace, remove, move, copy, test",
    steps: [
      made,
      patchJson(a, [
        { op: "add", path: "/data/z", value: "3" },
        { op: "replace", path: "/data/x", value: "9" },
        { op: "remove", path: "/data/y" },
        { op: "copy", from: "/data/z", path: "/data/copied" },
        { op: "move", from: "/data/z", path: "/data/moved" },
        { op: "test", path: "/data/x", value: "9" },
      ]),
      now,
    ],
  },
  {
    title: "JSON patch: a test that fails changes nothing",
    steps: [
      made,
      patchJson(a, [
        { op: "replace", path: "/data/x", value: "9" },
        { op: "test", path: "/data/x", value: "1" },
      ]),
      now,
    ],
  },
  {
    title: "JSON patch: removing what is not there",
    steps: [
      made,
      patchJson(a, [{ op: "remove", path: "/data/none" }]),
      patchJson(a, [{ op: "replace", path: "/data/none", value: "1" }]),
    ],
  },
  {
    title: "JSON patch: adding below what is not there",
    steps: [made, patchJson(a, [{ op: "add", path: "/binaryData/x", value: "eA==" }])],
  },
  {
    title: "JSON patch: escaped paths",
    steps: [
      made,
      patchJson(a, [
        { op: "add", path: "/metadata/labels/example.org~1name", value: "v" },
        { op: "add", path: "/data/a~0b", value: "v" },
      ]),
    ],
  },
  {
    title: "JSON patch: list positions",
    steps: [
      post(at("pods"), pod("a", { tolerations: [{ key: "a", operator: "Exists" }] })),
      patchJson(at("pods", "a"), [
        { op: "add", path: "/spec/tolerations/-", value: { key: "b", operator: "Exists" } },
      ]),
      patchJson(at("pods", "a"), [
        { op: "add", path: "/spec/tolerations/9", value: { key: "c", operator: "Exists" } },
      ]),
    ],
  },
  {
    title: "JSON patch: a body that is no list",
    steps: [
      made,
      patchJson(a, { op: "add" }),
      patchJson(a, "nonsense"),
      patchJson(a, [{ op: "nonsense", path: "/data/x" }]),
    ].map(withoutWords),
  },
  { title: "JSON patch: an empty list writes nothing", steps: [made, patchJson(a, []), now] },
  {
    title: "merge patch: sets, adds and removes",
    steps: [made, patchMerge(a, { data: { x: "9", y: null, z: "3" }, metadata: { labels: null } }), now],
  },
  { title: "merge patch: the same writes nothing", steps: [made, patchMerge(a, { data: { x: "1" } }), now] },
  {
    title: "merge patch: a stale resourceVersion is a Conflict",
    steps: [
      made,
      patchMerge(a, { data: { x: "3" } }),
      patchMerge(a, { metadata: { resourceVersion: "<0.metadata.resourceVersion>" }, data: { x: "4" } }),
    ],
  },
  {
    title: "merge patch: another uid is a Conflict",
    steps: [
      made,
      patchMerge(a, { metadata: { uid: "11111111-2222-3333-4444-555555555555" }, data: { x: "4" } }),
    ],
  },
  {
    title: "merge patch: another name is refused",
    steps: [
      made,
      patchMerge(a, { metadata: { name: "b" } }),
      patchMerge(a, { metadata: { namespace: "default" } }),
      patchMerge(a, { kind: "Secret" }),
      patchMerge(a, { apiVersion: "v2" }),
    ].map(withoutWords),
  },
  {
    title: "merge patch: lists are replaced",
    steps: [
      post(at("services"), service("a", { ports })),
      patchMerge(at("services", "a"), { spec: { ports: [{ port: 81 }] } }),
    ],
  },
  {
    title: "merge patch: of what is not there",
    steps: [patchMerge(a, { data: {} }), patchMerge(a, { data: {} }, { fieldManager: "x" })],
  },
  {
    title: "merge patch: malformed bodies",
    steps: [
      made,
      patchMerge(a, "{"),
      patchMerge(a, "[]"),
      patchMerge(a, "3"),
      patchMerge(a, "null"),
      patchMerge(a, { data: 3 }),
      patchMerge(a, { data: { x: 3 } }),
    ].map(withoutWords),
  },
  {
    title: "merge patch: a dry run",
    steps: [made, patchMerge(a, { data: { x: "9" } }, { dryRun: "All" }), now],
  },
  {
    title: "merge patch: unknown fields by fieldValidation",
    steps: [
      made,
      patchMerge(a, { data: {}, nonsense: 1 }, { fieldValidation: "Strict" }),
      patchMerge(a, { nonsense: 1 }, { fieldValidation: "Warn" }),
      patchMerge(a, { nonsense: 1 }, { fieldValidation: "Ignore" }),
      patchMerge(a, { nonsense: 1 }),
    ].map(withoutWords),
  },
  {
    title: "strategic merge: containers and env by name",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: [
            container({
              env: [
                { name: "A", value: "1" },
                { name: "B", value: "2" },
              ],
            }),
            container({ name: "side" }),
          ],
        }),
      ),
      patchStrategic(at("deployments", "a"), {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "main",
                  env: [
                    { name: "A", value: "9" },
                    { name: "C", value: "3" },
                  ],
                },
              ],
            },
          },
        },
      }),
    ],
  },
  {
    title: "strategic merge: $patch delete, replace and merge",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: [
            container({
              env: [
                { name: "A", value: "1" },
                { name: "B", value: "2" },
              ],
            }),
            container({ name: "side" }),
          ],
        }),
      ),
      patchStrategic(at("deployments", "a"), {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "side", $patch: "delete" },
                { name: "main", env: [{ name: "B", $patch: "delete" }] },
              ],
            },
          },
        },
      }),
      patchStrategic(at("deployments", "a"), {
        spec: { template: { spec: { containers: [{ name: "other", image: "b" }, { $patch: "replace" }] } } },
      }),
      patchStrategic(at("deployments", "a"), { spec: { strategy: { $patch: "replace", type: "Recreate" } } }),
      patchStrategic(at("deployments", "a"), { metadata: { labels: { $patch: "nonsense" } } }),
    ],
  },
  {
    title: "strategic merge: order and deletion from primitive lists",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", { containers: [container(), container({ name: "b" }), container({ name: "c" })] }),
      ),
      patchStrategic(at("deployments", "a"), {
        spec: {
          template: {
            spec: {
              "$setElementOrder/containers": [{ name: "c" }, { name: "main" }, { name: "b" }],
              containers: [{ name: "b", image: "x" }],
            },
          },
        },
      }),
      post(at("configmaps"), configMap("f", {}, { finalizers: ["example.org/a", "example.org/b"] })),
      patchStrategic(at("configmaps", "f"), {
        metadata: { "$deleteFromPrimitiveList/finalizers": ["example.org/a"] },
      }),
      patchStrategic(at("configmaps", "f"), { metadata: { finalizers: ["example.org/c"] } }),
      patchStrategic(at("configmaps", "f"), { metadata: { $retainKeys: ["labels"], labels: { x: "1" } } }),
    ],
  },
  {
    title: "strategic merge: volumes with retained keys, ports by number",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: [container({ ports: [{ containerPort: 80 }, { containerPort: 81 }] })],
          volumes: [{ name: "v", emptyDir: {} }],
        }),
      ),
      patchStrategic(at("deployments", "a"), {
        spec: {
          template: {
            spec: { volumes: [{ name: "v", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] },
          },
        },
      }),
      patchStrategic(at("deployments", "a"), {
        spec: {
          template: { spec: { containers: [{ name: "main", ports: [{ containerPort: 80, name: "web" }] }] } },
        },
      }),
    ],
  },
  {
    title: "strategic merge: Service ports by port",
    steps: [
      post(at("services"), service("a", { ports })),
      patchStrategic(at("services", "a"), { spec: { ports: [{ port: 9090, name: "other" }] } }),
      patchStrategic(at("services", "a"), { spec: { ports: [{ port: 80, $patch: "delete" }] } }),
    ],
  },
  {
    title: "strategic merge: a list item without its key",
    steps: [
      post(at("deployments"), deployment("a")),
      patchStrategic(at("deployments", "a"), {
        spec: { template: { spec: { containers: [{ image: "b" }] } } },
      }),
    ],
  },
  {
    title: "strategic merge: null removes a map and a list",
    steps: [made, patchStrategic(a, { data: null, metadata: { annotations: null } }), now],
  },
  {
    title: "strategic merge: malformed bodies",
    steps: [made, patchStrategic(a, "{"), patchStrategic(a, "[]"), patchStrategic(a, { data: "x" })].map(
      withoutWords,
    ),
  },
  {
    title: "patches of unknown media types are refused",
    steps: [
      made,
      patchWith(undefined, a, { data: {} }),
      patchWith("application/json", a, { data: {} }),
      patchWith("text/plain", a, "x"),
      patchWith("application/merge-patch+json; charset=utf-8", a, { data: { x: "5" } }),
    ],
  },
  { title: "force is for apply only", steps: [made, patchMerge(a, { data: { x: "2" } }, { force: true })] },
  {
    title: "a patch that makes the object invalid is refused",
    steps: [
      post(at("deployments"), deployment("a")),
      patchMerge(at("deployments", "a"), { spec: { replicas: -1 } }),
      patchMerge(at("deployments", "a"), { spec: { template: { metadata: { labels: null } } } }),
      patchMerge(at("deployments", "a"), { spec: { selector: { matchLabels: { app: "b" } } } }),
    ],
  },
  {
    title: "a patch of metadata alone keeps the generation",
    steps: [
      post(at("deployments"), deployment("a")),
      patchMerge(at("deployments", "a"), { metadata: { annotations: { x: "1" } } }),
      patchMerge(at("deployments", "a"), { spec: { paused: true } }),
    ],
  },
];
