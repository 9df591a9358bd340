import { describe, expect, it } from "vitest";
import { containerEnvironment } from "./containerEnvironment.ts";
import type { Container, Pod } from "./Pod.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n", uid: "u", labels: { b: "2", a: "1" }, annotations: { "x/y": "z" } },
  spec: { containers: [], serviceAccountName: "sa" },
};
const data: Record<string, Record<string, string>> = {
  "ConfigMap c": { KEY: "from-map", "with.dot": "kept" },
  "Secret s": { PASSWORD: "pw" },
};
const of = (container: Omit<Container, "name">) =>
  containerEnvironment({
    pod,
    container: { name: "main", ...container },
    facts: { podIP: "10.244.0.5", hostIP: "127.0.0.1", nodeName: "node" },
    capacity: { cpu: 4, memory: 2 ** 30 },
    dataOf: (kind, name) => data[`${kind} ${name}`],
  });

describe("the environment of a container", () => {
  it("takes envFrom first, then env in order, each expanded with what stands before it", () => {
    const env = of({
      envFrom: [
        { configMapRef: { name: "c" }, prefix: "M_" },
        { secretRef: { name: "missing", optional: true } },
      ],
      env: [
        { name: "A", value: "$(B)-$(M_KEY)" },
        { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "PASSWORD" } } },
        { name: "URL", value: "redis://:$(B)@broker:6379" },
        { name: "M_KEY", value: "replaced" },
        { name: "GONE", valueFrom: { configMapKeyRef: { name: "c", key: "no", optional: true } } },
      ],
    });
    expect(env).toEqual({
      env: {
        A: "$(B)-from-map",
        B: "pw",
        URL: "redis://:pw@broker:6379",
        M_KEY: "replaced",
        "M_with.dot": "kept",
      },
    });
  });

  it("knows the downward API", () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const limit = (name: string, resource: string, divisor?: string) => ({
      name,
      valueFrom: { resourceFieldRef: { resource, divisor } },
    });
    expect(
      of({
        resources: { limits: { cpu: "1500m" }, requests: { memory: "64Mi" } },
        env: [
          field("NAME", "metadata.name"),
          field("LABEL", "metadata.labels['a']"),
          field("LABELS", "metadata.labels"),
          field("ANNOTATION", "metadata.annotations['x/y']"),
          field("IP", "status.podIP"),
          field("SA", "spec.serviceAccountName"),
          limit("CPU", "limits.cpu"),
          limit("CPU_M", "limits.cpu", "1m"),
          limit("MEM", "limits.memory", "1Mi"),
          limit("REQ", "requests.memory"),
        ],
      }),
    ).toEqual({
      env: {
        NAME: "p",
        LABEL: "1",
        LABELS: 'a="1"\nb="2"',
        ANNOTATION: "z",
        IP: "10.244.0.5",
        SA: "sa",
        CPU: "2",
        CPU_M: "1500",
        MEM: "1024",
        REQ: "67108864",
      },
    });
  });

  it.each<[string, Omit<Container, "name">]>([
    ['configmap "no" not found', { envFrom: [{ configMapRef: { name: "no" } }] }],
    [
      'secret "no" not found',
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "no", key: "k" } } }] },
    ],
    [
      "couldn't find key k in Secret n/s",
      { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] },
    ],
  ])("says in the kubelet's words: %s", (problem, container) => expect(of(container)).toEqual({ problem }));
});
