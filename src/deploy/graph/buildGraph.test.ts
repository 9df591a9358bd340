import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../contract/index.ts";
import type { RenderedComponent } from "../../platform/Rendering.ts";
import { buildGraph } from "./buildGraph.ts";
import { findCycle, runGraph, wavesOf, type Graph } from "./Graph.ts";

/** Objects as YAML; `component` beside `kind` says whose it is. Out come the waves, one line each. */
function waves(yaml: string, after: Record<string, string[]> = {}): string[] {
  const wanted = parseAllDocuments(yaml).map((document) => {
    const { component, ...object } = document.toJS() as KubeObject & { component?: string };
    return { object, ...(component === undefined ? {} : { component }) };
  });
  const components = Object.entries(after).map(([key, before]): RenderedComponent => ({
    key,
    name: key,
    kind: "service",
    after: before,
  }));
  return wavesOf(buildGraph(wanted, components)).map((wave) =>
    wave.map((key) => key.replace(/^.*\/(\w+)\/\w*\/(\S+)$/, "$1 $2")).join(", "),
  );
}

const deployment = (name: string, more = "") => `
apiVersion: apps/v1
kind: Deployment
component: ${name}
metadata: { name: ${name}, namespace: n }
spec: { template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: c }]${more} } } }`;

describe("the order of a deploy", () => {
  it("is what objects refer to first", () => {
    expect(
      waves(`
apiVersion: v1
kind: Namespace
metadata: { name: n }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot, namespace: n }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: robot-reads, namespace: n }
roleRef: { kind: Role, name: reads }
subjects: [{ kind: ServiceAccount, name: robot }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reads, namespace: n }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: n }
spec: { rules: [{ http: { paths: [{ backend: { service: { name: web } } }] } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: n }
---${deployment("api", ", serviceAccountName: robot")}
`),
    ).toEqual([
      "Namespace n",
      "Service web, ServiceAccount robot, Role reads",
      "Ingress web, RoleBinding robot-reads",
      "Deployment api",
    ]);
  });

  it("is definitions before objects of their kind", () => {
    expect(
      waves(`
apiVersion: example.org/v1
kind: Widget
metadata: { name: w, namespace: n }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec: { group: example.org, names: { kind: Widget } }
`),
    ).toEqual(["CustomResourceDefinition widgets.example.org", "Widget w"]);
  });

  it("waits until a component is ready before those that name it", () => {
    expect(waves([deployment("db"), deployment("api")].join("\n---"), { db: [], api: ["db"] })).toEqual([
      "Deployment db",
      "ready db",
      "Deployment api",
      "ready api",
    ]);
  });

  it("lets a component's settings come early when another one needs them", () => {
    const settings = `
apiVersion: v1
kind: ConfigMap
component: api
metadata: { name: settings, namespace: n }`;
    const migrate = deployment("migrate", ", volumes: [{ configMap: { name: settings } }]");
    expect(
      waves([settings, migrate, deployment("api")].join("\n---"), { migrate: [], api: ["migrate"] }),
    ).toEqual(["ConfigMap settings", "Deployment migrate", "ready migrate", "Deployment api", "ready api"]);
  });

  it("names a cycle", () => {
    expect(() => waves([deployment("a"), deployment("b")].join("\n---"), { a: ["b"], b: ["a"] })).toThrow(
      /These wait for each other: .*component a/,
    );
  });
});

/** Any graph without cycles: nodes point to earlier ones only. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 25 })
  .map(
    (rows): Graph =>
      new Map(
        rows.map((row, index) => [
          `n${index}`,
          { key: `n${index}`, after: index === 0 ? [] : [...new Set(row.map((to) => `n${to % index}`))] },
        ]),
      ),
  );

describe("any graph", () => {
  it("is run so that each node begins after all it needs, and every node is run once", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        expect(findCycle(graph)).toBeUndefined();
        const done: string[] = [];
        await runGraph(graph, async (key) => {
          for (const before of graph.get(key)?.after ?? []) expect(done).toContain(before);
          await Promise.resolve();
          done.push(key);
          return true;
        });
        expect(done.toSorted()).toEqual([...graph.keys()].toSorted());
      }),
    );
  });

  it("leaves out exactly what needs a node that failed", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(), async (graph, choice) => {
        const keys = [...graph.keys()];
        const broken = keys[keys.length === 0 ? 0 : choice % keys.length];
        const needs = (key: string): boolean =>
          (graph.get(key)?.after ?? []).some((before) => before === broken || needs(before));
        const ran: string[] = [];
        const skipped: string[] = [];
        await runGraph(
          graph,
          async (key) => ran.push(key) > 0 && key !== broken,
          (key) => skipped.push(key),
        );
        expect(skipped.toSorted()).toEqual(keys.filter(needs).toSorted());
        expect([...ran, ...skipped].toSorted()).toEqual(keys.toSorted());
      }),
    );
  });
});
