import { expect, test } from "vitest";
import type { Pod } from "./Pod.ts";
import { rankForDeletion } from "./rankForDeletion.ts";

interface Traits {
  node?: string;
  phase?: "Pending" | "Running";
  readySince?: string;
  cost?: string;
  restarts?: number;
  created?: string;
}

const pod = (name: string, traits: Traits): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    creationTimestamp: traits.created ?? "2026-01-01T00:00:00Z",
    ...(traits.cost ? { annotations: { "controller.kubernetes.io/pod-deletion-cost": traits.cost } } : {}),
  },
  spec: { nodeName: traits.node, containers: [] },
  status: {
    phase: traits.phase ?? "Running",
    conditions: traits.readySince
      ? [{ type: "Ready", status: "True", lastTransitionTime: traits.readySince }]
      : [],
    containerStatuses: [{ name: "main", restartCount: traits.restarts ?? 0 }],
  },
});

test("takes away first what is missed least: in Kubernetes' order", () => {
  const since = "2026-01-01T00:00:00Z";
  const on = { node: "node", readySince: since };
  const pods = [
    pod("old, ready for long", on),
    pod("younger", { ...on, created: "2026-01-01T05:00:00Z" }),
    pod("often restarted", { ...on, restarts: 3 }),
    pod("ready since just now", { ...on, readySince: "2026-01-01T09:00:00Z" }),
    pod("cheap", { ...on, cost: "-5" }),
    pod("not ready", { node: "node" }),
    pod("pending", { node: "node", phase: "Pending" }),
    pod("on no node", { phase: "Pending" }),
    pod("dear", { ...on, cost: "10", restarts: 9 }),
  ];
  expect(rankForDeletion(pods).map(({ metadata }) => metadata.name)).toEqual([
    "on no node",
    "pending",
    "not ready",
    "cheap",
    "ready since just now",
    "often restarted",
    "younger",
    "old, ready for long",
    "dear",
  ]);
});
