import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { readinessOf } from "./index.ts";

const object = (
  apiVersion: string,
  kind: string,
  status: unknown,
  spec: unknown = {},
  generation = 2,
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", namespace: "n", generation },
  spec,
  status,
});
const condition = (type: string, status: string, more = {}) => ({ type, status, ...more });
const pod = (reason: string, message: string): KubeObject =>
  object("v1", "Pod", {
    containerStatuses: [{ name: "c", restartCount: 1, state: { waiting: { reason, message } } }],
  });

const crashing = (restartCount: number, terminated: Record<string, unknown>): KubeObject =>
  object("v1", "Pod", {
    containerStatuses: [
      {
        name: "c",
        restartCount,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: { terminated },
      },
    ],
  });

describe("readiness", () => {
  it.each([
    [
      "a Deployment whose status is old",
      object("apps/v1", "Deployment", {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
      }),
      "waiting",
    ],
    [
      "a Deployment with old pods",
      object("apps/v1", "Deployment", {
        observedGeneration: 2,
        replicas: 2,
        updatedReplicas: 1,
        availableReplicas: 2,
      }),
      "waiting",
    ],
    [
      "a Deployment without progress",
      object("apps/v1", "Deployment", {
        observedGeneration: 2,
        conditions: [condition("Progressing", "False", { reason: "ProgressDeadlineExceeded" })],
      }),
      "failed",
    ],
    [
      "a Deployment of no replicas",
      object("apps/v1", "Deployment", { observedGeneration: 2 }, { replicas: 0 }),
      "ready",
    ],
    [
      "a StatefulSet between revisions",
      object("apps/v1", "StatefulSet", {
        observedGeneration: 2,
        readyReplicas: 1,
        updatedReplicas: 1,
        currentRevision: "a",
        updateRevision: "b",
      }),
      "waiting",
    ],
    [
      "a StatefulSet updated above its partition",
      object(
        "apps/v1",
        "StatefulSet",
        {
          observedGeneration: 2,
          readyReplicas: 3,
          updatedReplicas: 1,
          currentRevision: "a",
          updateRevision: "b",
        },
        { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      ),
      "ready",
    ],
    [
      "a DaemonSet that is missing on a node",
      object("apps/v1", "DaemonSet", {
        observedGeneration: 2,
        desiredNumberScheduled: 2,
        updatedNumberScheduled: 2,
        numberAvailable: 1,
      }),
      "waiting",
    ],
    ["a Job that failed", object("batch/v1", "Job", { conditions: [condition("Failed", "True")] }), "failed"],
    [
      "a claim that waits for its first consumer",
      object("v1", "PersistentVolumeClaim", { phase: "Pending" }),
      "ready",
    ],
    ["a claim that lost its volume", object("v1", "PersistentVolumeClaim", { phase: "Lost" }), "failed"],
    [
      "a LoadBalancer without address",
      object("v1", "Service", { loadBalancer: {} }, { type: "LoadBalancer" }),
      "waiting",
    ],
    [
      "a definition whose names are taken",
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
        conditions: [condition("NamesAccepted", "False")],
      }),
      "failed",
    ],
    [
      "a Route that a router refused",
      object("route.openshift.io/v1", "Route", {
        ingress: [{ conditions: [condition("Admitted", "False")] }],
      }),
      "failed",
    ],
    [
      "an HTTPRoute accepted for an older generation",
      object(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        { parents: [{ conditions: [condition("Accepted", "True", { observedGeneration: 1 })] }] },
        { parentRefs: [{}] },
      ),
      "waiting",
    ],
    [
      "a custom object that stalled",
      object("example.org/v1", "Widget", { conditions: [condition("Stalled", "True")] }),
      "failed",
    ],
    ["a custom object without conditions", object("example.org/v1", "Widget", undefined), "ready"],
    ["a pod whose image does not exist", pod("ErrImagePull", "manifest unknown"), "failed"],
    ["a pod whose registry does not answer", pod("ImagePullBackOff", "dial tcp: i/o timeout"), "waiting"],
    ["a pod whose secret is missing", pod("CreateContainerConfigError", 'secret "db" not found'), "failed"],
    [
      "a pod whose kubelet has not seen the secret",
      pod("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
      "waiting",
    ],
    ["a pod that ended once or twice, and may recover", crashing(2, { exitCode: 1 }), "waiting"],
    ["a pod that ends again and again", crashing(3, { exitCode: 1 }), "failed"],
    ["a pod whose command is not there", crashing(1, { exitCode: 127 }), "failed"],
    ["a pod that the runtime cannot start", crashing(1, { exitCode: 128, reason: "StartError" }), "failed"],
  ])("of %s", (_what, live, expected) => {
    const state = readinessOf(live);
    expect(state.ok ? "ready" : state.done ? "failed" : "waiting").toBe(expected);
    expect(state.message === "").toBe(state.ok);
  });

  it("does not take the crashes of the version before for those of one whose ReplicaSet is not seen yet", () => {
    const hash = "old";
    const broken = crashing(7, { exitCode: 1 });
    const pods = [{ ...broken, metadata: { name: "a-old-1", labels: { "pod-template-hash": hash } } }];
    const setOf = (revision: string, labels: Record<string, string>): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "a", labels, annotations: { "deployment.kubernetes.io/revision": revision } },
    });
    const live: KubeObject = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "a",
        generation: 2,
        annotations: { "deployment.kubernetes.io/revision": "2" },
      },
      spec: { replicas: 1 },
      status: { observedGeneration: 2, replicas: 1, updatedReplicas: 0 },
    };
    const old = setOf("1", { "pod-template-hash": hash });
    expect(readinessOf(live, { pods, replicaSets: [old] })).toMatchObject({ done: false });
    const now = setOf("2", { "pod-template-hash": hash });
    expect(readinessOf(live, { pods, replicaSets: [now] })).toMatchObject({ done: true, ok: false });
  });

  // Going back after ten minutes without progress failed at once, on what the controller still said of the version before.
  it("takes no passed deadline of an earlier version for one of this", () => {
    const late = condition("Progressing", "False", {
      reason: "ProgressDeadlineExceeded",
      message: 'ReplicaSet "x-bad" has timed out progressing.',
    });
    const status = {
      observedGeneration: 2,
      replicas: 2,
      updatedReplicas: 1,
      availableReplicas: 1,
      conditions: [late],
    };
    const annotated = (one: KubeObject, name: string, revision: string): KubeObject => ({
      ...one,
      metadata: { ...one.metadata, name, annotations: { "deployment.kubernetes.io/revision": revision } },
    });
    const set = (name: string, revision: string): KubeObject =>
      annotated(object("apps/v1", "ReplicaSet", {}), name, revision);
    const live = (revision: string): KubeObject =>
      annotated(object("apps/v1", "Deployment", status), "x", revision);
    const bad = set("x-bad", "2");
    expect(readinessOf(live("2"), { pods: [], replicaSets: [set("x-good", "1"), bad] })).toMatchObject({
      done: true,
      ok: false,
    });
    for (const replicaSets of [
      [set("x-good", "3"), bad],
      [set("x-good", "1"), bad],
    ])
      expect(readinessOf(live("3"), { pods: [], replicaSets })).toMatchObject({
        done: false,
        message: "1 old replica still running",
      });
  });

  it("fails on a crash after as many restarts as it is told", () => {
    const around = { pods: [], replicaSets: [] };
    const live = crashing(2, { exitCode: 1 });
    expect(readinessOf(live, { ...around, crashRestarts: 2 })).toMatchObject({
      done: true,
      reason: "CrashLoopBackOff",
      message: "container c: it ended with exit code 1, 2 restarts",
    });
    expect(readinessOf(live, { ...around, crashRestarts: 5 })).toMatchObject({
      done: false,
      message: "pod container c is restarted: it ended with exit code 1, 2 restarts",
    });
  });
});
