import type { KubeObject } from "../../src/contract/index.ts";
import type { Rendering } from "../../src/platform/Rendering.ts";
import { configMap, renderingOf, secret } from "../../src/deploy/testing/testCluster.ts";

const names = ["api", "web", "stats", "search", "index", "mail"] as const;

function service(name: string, version: 1 | 2): (KubeObject & { component: string })[] {
  const labels = { app: name };
  return [
    configMap(`${name}-settings`, { level: version === 1 ? "info" : "debug" }, name) as KubeObject & {
      component: string;
    },
    { apiVersion: "v1", kind: "ServiceAccount", component: name, metadata: { name } },
    {
      apiVersion: "v1",
      kind: "Service",
      component: name,
      metadata: { name },
      spec: { selector: labels, ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      component: name,
      metadata: { name },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name: "main",
                image: `example.org/${name}:${version}`,
                envFrom: [{ configMapRef: { name: `${name}-settings` } }, { secretRef: { name: "db" } }],
              },
            ],
          },
        },
      },
    },
  ];
}

/** A definition whose group is this trial's own, as it belongs to the whole cluster. */
const definition = (group: string): KubeObject & { component: string } => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  component: "shapes",
  metadata: { name: `shapes.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind: "Shape", plural: "shapes", singular: "shape", listKind: "ShapeList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { edges: { type: "integer" } } } },
          },
        },
      },
    ],
  },
});

/** The group of a trial's definition. */
export const groupOf = (namespace: string): string => `${namespace}.example.org`;

/** Some thirty objects. The second version changes all programs, adds a definition with an object of it and a job, and leaves two objects out. */
export function thirtyObjects(version: 1 | 2, namespace: string): Rendering {
  const group = groupOf(namespace);
  const added: (KubeObject & { component?: string })[] = [
    definition(group),
    {
      apiVersion: `${group}/v1`,
      kind: "Shape",
      component: "shapes",
      metadata: { name: "square" },
      spec: { edges: 4 },
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      component: "migrate",
      metadata: { name: "migrate-2" },
      spec: {
        template: {
          spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/api:2" }] },
        },
      },
    },
  ];
  const left = [configMap("old-one", { a: "1" }), configMap("old-two", { b: "2" })];
  const rendering = renderingOf(
    [
      ...names.flatMap((name) => service(name, version)),
      secret("db", { password: `password-of-version-${version}` }),
      ...(version === 1 ? left : added),
    ],
    [
      ...names.map((name) => ({
        key: name,
        name,
        kind: "service",
        after: version === 1 ? [] : ["migrate", "shapes"],
      })),
      ...(version === 1
        ? []
        : [
            { key: "migrate", name: "migrate", kind: "job", after: [] },
            { key: "shapes", name: "shapes", kind: "manifests", after: [] },
          ]),
    ],
  );
  return { ...rendering, namespace };
}
