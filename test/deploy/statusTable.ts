import type { KubeObject } from "../../src/contract/index.ts";

type Status = Record<string, unknown>;
/** A status that its controller writes, given the object's generation; and what is then said to be awaited. Without a message the object is ready; with `fails`, it can't become so. */
export interface Step {
  readonly status: (generation: number) => Status;
  readonly waits?: RegExp;
  readonly fails?: RegExp;
}

export interface Row {
  readonly what: string;
  readonly object: KubeObject;
  /** Awaited before anybody has written a status. Undefined where nothing is: the first status comes together with the object, or it is ready as it is. */
  readonly first?: RegExp;
  readonly steps: readonly Step[];
}

const time = "2026-01-01T00:00:00Z";
const condition = (type: string, status: "True" | "False", more: Status = {}): Status => ({
  type,
  status,
  lastTransitionTime: time,
  ...more,
});
const labels = { app: "x" };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: "main", image: "example.org/app:1" }] },
};
const once = { spec: { ...template.spec, restartPolicy: "Never" } };

const object = (apiVersion: string, kind: string, spec: unknown): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "x" },
  spec,
});
const workload = (kind: string, spec: Status = {}): KubeObject =>
  object("apps/v1", kind, { selector: { matchLabels: labels }, template, ...spec });
const job = (spec: Status = {}): KubeObject => object("batch/v1", "Job", { template: once, ...spec });
const widget = object("lab.example.org/v1", "Widget", {});

const unseen = /not yet seen by the controller/;
const replicas = (count: number, more: Status = {}): Status => ({
  replicas: count,
  updatedReplicas: count,
  readyReplicas: count,
  availableReplicas: count,
  ...more,
});
const parents = (conditions: readonly Status[]): Status => ({
  parents: [
    {
      parentRef: { name: "gate" },
      controllerName: "example.org/gates",
      conditions: conditions.map((one) => ({ reason: "Said", message: "", ...one })),
    },
  ],
});
const route = (conditions: readonly Status[]): Status => ({
  ingress: [{ host: "x.example.org", routerName: "default", conditions }],
});

/** Kinds that the deploy knows, or judges by their conditions: what their controllers say one after the other, and what the deploy makes of it. */
export const statusTable: readonly Row[] = [
  {
    what: "a Deployment: its generation, its replicas, and no old ones",
    object: workload("Deployment", { replicas: 2 }),
    steps: [
      { status: (now) => ({ ...replicas(2), observedGeneration: now - 1 }), waits: unseen },
      {
        status: (now) => ({
          ...replicas(1, { replicas: 2, unavailableReplicas: 1 }),
          observedGeneration: now,
        }),
        waits: /1 of 2 replicas updated/,
      },
      {
        status: (now) => ({ ...replicas(3, { updatedReplicas: 2 }), observedGeneration: now }),
        waits: /1 old replica still running/,
      },
      {
        status: (now) => ({
          ...replicas(2, { availableReplicas: 1, unavailableReplicas: 1 }),
          observedGeneration: now,
        }),
        waits: /1 of 2 replicas available/,
      },
      { status: (now) => ({ ...replicas(2), observedGeneration: now }) },
    ],
  },
  {
    what: "a Deployment that makes no progress",
    object: workload("Deployment"),
    first: unseen,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          replicas: 1,
          updatedReplicas: 1,
          conditions: [
            condition("Progressing", "False", {
              reason: "ProgressDeadlineExceeded",
              message: "ReplicaSet has timed out progressing.",
              lastUpdateTime: time,
            }),
          ],
        }),
        fails: /Deployment x: ProgressDeadlineExceeded: ReplicaSet "?.*timed out progressing/,
      },
    ],
  },
  {
    what: "a Deployment whose pods may not be made",
    object: workload("Deployment"),
    first: unseen,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          conditions: [
            condition("ReplicaFailure", "True", {
              reason: "FailedCreate",
              message: 'pods "x-1" is forbidden: exceeded quota: small',
              lastUpdateTime: time,
            }),
          ],
        }),
        fails: /Deployment x: FailedCreate: .*exceeded quota: small/,
      },
    ],
  },
  {
    what: "a StatefulSet: replicas, and one revision",
    object: workload("StatefulSet", { replicas: 2, serviceName: "x" }),
    first: unseen,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          replicas: 2,
          readyReplicas: 1,
          currentRevision: "x-a",
          updateRevision: "x-b",
        }),
        waits: /1 of 2 replicas ready/,
      },
      {
        status: (now) => ({
          ...replicas(2, { updatedReplicas: 1 }),
          observedGeneration: now,
          currentRevision: "x-a",
          updateRevision: "x-b",
        }),
        waits: /1 of 2 replicas updated/,
      },
      {
        status: (now) => ({
          ...replicas(2),
          observedGeneration: now,
          currentRevision: "x-b",
          updateRevision: "x-b",
        }),
      },
    ],
  },
  {
    what: "a StatefulSet above its partition",
    object: workload("StatefulSet", {
      replicas: 3,
      serviceName: "x",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } },
    }),
    first: unseen,
    steps: [
      {
        status: (now) => ({
          ...replicas(3, { updatedReplicas: 1 }),
          observedGeneration: now,
          currentRevision: "x-a",
          updateRevision: "x-b",
        }),
      },
    ],
  },
  {
    what: "a DaemonSet: updated and available on every node",
    object: workload("DaemonSet"),
    first: unseen,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          currentNumberScheduled: 2,
          numberMisscheduled: 0,
          desiredNumberScheduled: 2,
          numberReady: 2,
          updatedNumberScheduled: 1,
        }),
        waits: /updated on 1 of 2 nodes/,
      },
      {
        status: (now) => ({
          observedGeneration: now,
          currentNumberScheduled: 2,
          numberMisscheduled: 0,
          desiredNumberScheduled: 2,
          numberReady: 1,
          updatedNumberScheduled: 2,
          numberAvailable: 1,
        }),
        waits: /available on 1 of 2 nodes/,
      },
      {
        status: (now) => ({
          observedGeneration: now,
          currentNumberScheduled: 2,
          numberMisscheduled: 0,
          desiredNumberScheduled: 2,
          numberReady: 2,
          updatedNumberScheduled: 2,
          numberAvailable: 2,
        }),
      },
    ],
  },
  {
    what: "a ReplicaSet",
    object: workload("ReplicaSet", { replicas: 2 }),
    first: unseen,
    steps: [
      {
        status: (now) => ({ observedGeneration: now, replicas: 2, readyReplicas: 2, availableReplicas: 1 }),
        waits: /1 of 2 replicas available/,
      },
      { status: (now) => ({ observedGeneration: now, replicas: 2, readyReplicas: 2, availableReplicas: 2 }) },
    ],
  },
  {
    what: "a Job that completes",
    object: job({ completions: 2 }),
    first: /0 of 2 completed/,
    steps: [
      {
        status: () => ({
          startTime: time,
          active: 1,
          succeeded: 1,
          failed: 1,
          uncountedTerminatedPods: {},
        }),
        waits: /1 of 2 completed.*(1 try failed|1 failed so far)/,
      },
      {
        status: () => ({
          active: 0,
          succeeded: 2,
          completionTime: time,
          conditions: [condition("SuccessCriteriaMet", "True"), condition("Complete", "True")],
        }),
      },
    ],
  },
  {
    what: "a Job that fails",
    object: job(),
    first: /./,
    steps: [
      {
        status: () => {
          const why = {
            reason: "DeadlineExceeded",
            message: "Job was active longer than specified deadline",
          };
          return {
            startTime: time,
            failed: 1,
            uncountedTerminatedPods: {},
            conditions: [condition("FailureTarget", "True", why), condition("Failed", "True", why)],
          };
        },
        fails: /Job x: DeadlineExceeded: Job was active longer than specified deadline/,
      },
    ],
  },
  {
    what: "a CronJob, which is there",
    object: object("batch/v1", "CronJob", {
      schedule: "5 4 * * *",
      jobTemplate: { spec: { template: once } },
    }),
    steps: [],
  },
  {
    what: "a claim that waits for its consumer",
    object: object("v1", "PersistentVolumeClaim", {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    }),
    steps: [],
  },
  {
    what: "a pod",
    object: object("v1", "Pod", template.spec),
    first: /is pending/,
    steps: [
      {
        status: () => ({
          phase: "Pending",
          conditions: [
            condition("PodScheduled", "False", {
              reason: "Unschedulable",
              message: "0/3 nodes are available: 3 Insufficient cpu.",
            }),
          ],
        }),
        waits: /not scheduled: 0\/3 nodes are available: 3 Insufficient cpu/,
      },
      {
        status: () => ({
          phase: "Running",
          conditions: [condition("PodScheduled", "True"), condition("Ready", "True")],
        }),
      },
    ],
  },
  {
    what: "a pod that was evicted",
    object: object("v1", "Pod", template.spec),
    first: /is pending/,
    steps: [
      {
        status: () => ({
          phase: "Failed",
          reason: "Evicted",
          message: "The node was low on resource: memory.",
        }),
        fails: /Pod x: Evicted: The node was low on resource: memory/,
      },
    ],
  },
  {
    what: "a Service inside the cluster, which is there",
    object: object("v1", "Service", { ports: [{ port: 80, protocol: "TCP" }] }),
    steps: [],
  },
  {
    what: "a Service of a load balancer: its address",
    object: object("v1", "Service", { type: "LoadBalancer", ports: [{ port: 80, protocol: "TCP" }] }),
    first: /no address from the load balancer yet/,
    steps: [{ status: () => ({ loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } }) }],
  },
  {
    what: "an Ingress, whose controller may never say anything",
    object: object("networking.k8s.io/v1", "Ingress", {
      defaultBackend: { service: { name: "x", port: { number: 80 } } },
    }),
    steps: [],
  },
  {
    what: "an HTTPRoute: accepted and resolved, by every gateway, for this generation",
    object: object("gateway.networking.k8s.io/v1", "HTTPRoute", { parentRefs: [{ name: "gate" }] }),
    first: /accepted by 0 of 1 gateways/,
    steps: [
      {
        status: (now) => parents([condition("Accepted", "True", { observedGeneration: now - 1 })]),
        waits: /its Accepted is not known yet/,
      },
      {
        status: (now) =>
          parents([
            condition("Accepted", "True", { observedGeneration: now }),
            condition("ResolvedRefs", "False", {
              observedGeneration: now,
              reason: "BackendNotFound",
              message: "Service x is not there",
            }),
          ]),
        waits: /Service x is not there/,
      },
      {
        status: (now) =>
          parents([
            condition("Accepted", "True", { observedGeneration: now }),
            condition("ResolvedRefs", "True", { observedGeneration: now }),
          ]),
      },
    ],
  },
  {
    what: "an HTTPRoute that its gateway refuses",
    object: object("gateway.networking.k8s.io/v1", "HTTPRoute", { parentRefs: [{ name: "gate" }] }),
    first: /accepted by 0 of 1 gateways/,
    steps: [
      {
        status: (now) =>
          parents([
            condition("Accepted", "False", {
              observedGeneration: now,
              reason: "NotAllowedByListeners",
              message: "No listener takes routes of this namespace",
            }),
          ]),
        fails: /HTTPRoute x: NotAllowedByListeners: No listener takes routes of this namespace/,
      },
    ],
  },
  {
    what: "a Route: admitted by a router",
    object: object("route.openshift.io/v1", "Route", { to: { kind: "Service", name: "x" } }),
    first: /not yet admitted by a router/,
    steps: [{ status: () => route([condition("Admitted", "True")]) }],
  },
  {
    what: "a Route whose host is taken",
    object: object("route.openshift.io/v1", "Route", { to: { kind: "Service", name: "x" } }),
    first: /not yet admitted by a router/,
    steps: [
      {
        status: () =>
          route([
            condition("Admitted", "False", {
              reason: "HostAlreadyClaimed",
              message: "route other already exposes x.example.org",
            }),
          ]),
        fails: /Route x: HostAlreadyClaimed: route other already exposes x.example.org/,
      },
    ],
  },
  {
    what: "an autoscaler, once it is able to scale",
    object: object("autoscaling/v2", "HorizontalPodAutoscaler", {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" },
      maxReplicas: 3,
    }),
    steps: [],
  },
  {
    what: "a disruption budget, which is there",
    object: object("policy/v1", "PodDisruptionBudget", {
      minAvailable: 1,
      selector: { matchLabels: labels },
    }),
    steps: [],
  },
  {
    what: "a custom object, by its conditions",
    object: widget,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          conditions: [condition("Ready", "False", { reason: "Building", message: "still being built" })],
        }),
        waits: /still being built/,
      },
      {
        status: (now) => ({ observedGeneration: now, conditions: [condition("Ready", "True")] }),
      },
    ],
  },
  {
    what: "a custom object that has stalled",
    object: widget,
    steps: [
      {
        status: (now) => ({
          observedGeneration: now,
          conditions: [condition("Stalled", "True", { reason: "NoLicence", message: "no licence is left" })],
        }),
        fails: /Widget x: NoLicence: no licence is left/,
      },
    ],
  },
];
