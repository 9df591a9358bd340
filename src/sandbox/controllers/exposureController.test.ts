import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const metadata = { name: "web", namespace: "default" };
const statusOf = async (kind: string): Promise<unknown> =>
  (await cluster.get<KubeObject>(kind, "web"))["status"];
const backend = { service: { name: "web", port: { number: 80 } } };

describe("what is exposed", () => {
  test.each<[string, KubeObject, unknown]>([
    [
      "an Ingress has the door's address",
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata,
        spec: {
          rules: [{ host: "a.example", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        },
      },
      { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } },
    ],
    [
      "a Service of type LoadBalancer has it too",
      {
        apiVersion: "v1",
        kind: "Service",
        metadata,
        spec: { type: "LoadBalancer", ports: [{ port: 80, protocol: "TCP" }] },
      },
      { loadBalancer: { ingress: [{ ip: "127.0.0.1", ipMode: "VIP" }] } },
    ],
    [
      "a Gateway is programmed",
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "Gateway",
        metadata,
        spec: { gatewayClassName: "door", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
      },
      {
        addresses: [{ type: "IPAddress", value: "127.0.0.1" }],
        conditions: [
          { type: "Accepted", status: "True", observedGeneration: 1 },
          { type: "Programmed", status: "True", observedGeneration: 1 },
        ],
      },
    ],
    [
      "an HTTPRoute is accepted by its parents",
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata,
        spec: { parentRefs: [{ name: "door" }], rules: [{ backendRefs: [{ name: "web", port: 80 }] }] },
      },
      {
        parents: [
          {
            parentRef: { name: "door" },
            conditions: [
              { type: "Accepted", status: "True" },
              { type: "ResolvedRefs", status: "True" },
            ],
          },
        ],
      },
    ],
    [
      "an OpenShift Route is admitted",
      {
        apiVersion: "route.openshift.io/v1",
        kind: "Route",
        metadata,
        spec: { host: "a.example", to: { kind: "Service", name: "web", weight: 100 } },
      },
      { ingress: [{ host: "a.example", conditions: [{ type: "Admitted", status: "True" }] }] },
    ],
  ])("%s", async (_name, object, status) => {
    await cluster.client.create(structuredClone(object));
    await cluster.settle();
    expect(await statusOf(object.kind)).toMatchObject(status as object);
    const before = cluster.writes.length;
    await cluster.restart();
    expect(cluster.writes.slice(before)).toEqual([]);
  });
});
