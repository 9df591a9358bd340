import type { KubeObject } from "../../src/contract/index.ts";
import type { KubeClient } from "../../src/kube/KubeClient.ts";
import { container, podSpec } from "./cases/objects.ts";

/** What people do with controllers: some objects, and what is waited for. */
export interface Flow {
  readonly title: string;
  readonly run: (hands: Hands) => Promise<void>;
}

/** A namespace of one of the clusters. */
export interface Hands {
  readonly create: (object: Record<string, unknown>) => Promise<void>;
  readonly merge: (apiVersion: string, kind: string, name: string, patch: object) => Promise<void>;
  readonly remove: (apiVersion: string, kind: string, name: string) => Promise<void>;
  /** Waits until the object is so. */
  readonly until: (
    apiVersion: string,
    kind: string,
    name: string,
    test: (object: Any) => boolean,
  ) => Promise<void>;
}

/** An object of any kind, untyped: a wrong path fails the wait. */
export type Any = ReturnType<typeof JSON.parse>;

const patience = 60_000;

export const handsOf = (client: KubeClient, namespace: string): Hands => ({
  async create(object) {
    const { metadata } = object as unknown as KubeObject;
    await client.create({ ...object, metadata: { ...metadata, namespace } } as KubeObject);
  },
  async merge(apiVersion, kind, name, patch) {
    await client.patch({ apiVersion, kind, name, namespace }, "merge", patch);
  },
  async remove(apiVersion, kind, name) {
    await client.delete({ apiVersion, kind, name, namespace }, { propagation: "Background" });
  },
  async until(apiVersion, kind, name, test) {
    let last: unknown;
    for (const deadline = Date.now() + patience; Date.now() < deadline;) {
      last = await client.find({ apiVersion, kind, name, namespace });
      if (last !== undefined && test(last)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${kind} ${name} did not become what was waited for: ${JSON.stringify(last)}`);
  },
});

const selector = { matchLabels: { app: "a" } };
const template = (spec: object = {}): object => ({
  metadata: { labels: { app: "a" } },
  spec: podSpec({ ...spec }),
});
const deployment = (spec: object = {}): Record<string, unknown> => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "a", labels: { app: "a" } },
  spec: { replicas: 2, selector, template: template(), ...spec },
});
const rolled =
  (replicas: number) =>
  ({ metadata, status, spec }: Any): boolean =>
    status?.observedGeneration === metadata.generation &&
    spec.replicas === replicas &&
    (status.updatedReplicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.terminatingReplicas ?? 0) === 0;
const job = (spec: object, image = "registry.example.org/a:1"): Record<string, unknown> => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "a" },
  spec: {
    template: { spec: podSpec({ restartPolicy: "Never", containers: [container({ image })] }) },
    ...spec,
  },
});
const has =
  (type: string) =>
  ({ status }: Any): boolean =>
    status?.conditions?.some((one: Any) => one.type === type && one.status === "True") === true &&
    (status.terminating ?? 0) === 0;

export const flows: readonly Flow[] = [
  {
    title: "a Deployment behind a Service, rolled and scaled",
    async run({ create, merge, until }) {
      await create({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "a", labels: { x: "1" } },
        spec: { selector: { app: "a" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
      });
      await create(deployment());
      await until("apps/v1", "Deployment", "a", rolled(2));
      await merge("apps/v1", "Deployment", "a", {
        spec: { template: { spec: { containers: [container({ image: "registry.example.org/a:2" })] } } },
      });
      await until("apps/v1", "Deployment", "a", rolled(2));
      await merge("apps/v1", "Deployment", "a", { spec: { replicas: 3 } });
      await until("apps/v1", "Deployment", "a", rolled(3));
      await until(
        "v1",
        "Endpoints",
        "a",
        ({ subsets }) => subsets?.[0]?.addresses?.length === 3 && !subsets[0].notReadyAddresses,
      );
    },
  },
  {
    title: "a Deployment that quota and level refuse",
    async run({ create, until }) {
      await create({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "q" },
        spec: { hard: { pods: "1", "count/deployments.apps": "3" } },
      });
      await until("v1", "ResourceQuota", "q", ({ status }) => status?.used !== undefined);
      await create(deployment());
      await until(
        "apps/v1",
        "Deployment",
        "a",
        ({ status }) =>
          status?.conditions?.some((one: Any) => one.type === "ReplicaFailure") && status.readyReplicas === 1,
      );
      await until("v1", "ResourceQuota", "q", ({ status }) => status.used["count/deployments.apps"] === "1");
    },
  },
  {
    title: "a quota that what goes gives back",
    async run({ create, remove, until }) {
      await create({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "q" },
        spec: { hard: { pods: "5", "requests.cpu": "2", configmaps: "10", services: "4" } },
      });
      await until("v1", "ResourceQuota", "q", ({ status }) => status?.used?.configmaps === "1");
      const pod = (name: string, cpu: string): Record<string, unknown> => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: podSpec({ containers: [container({ resources: { requests: { cpu } } })] }),
      });
      await create(pod("a", "250m"));
      await create(pod("b", "1"));
      await create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });
      await until("v1", "Pod", "a", ({ status }) => status.phase === "Running");
      await remove("v1", "Pod", "b");
      await remove("v1", "ConfigMap", "a");
      await until(
        "v1",
        "ResourceQuota",
        "q",
        ({ status }) => status.used.pods === "1" && status.used.configmaps === "1",
      );
    },
  },
  {
    title: "a Job that completes",
    async run({ create, until }) {
      await create(job({ completions: 3, parallelism: 2 }));
      await until("batch/v1", "Job", "a", has("Complete"));
    },
  },
  {
    title: "an indexed Job that completes",
    async run({ create, until }) {
      await create(job({ completions: 2, parallelism: 2, completionMode: "Indexed" }));
      await until("batch/v1", "Job", "a", has("Complete"));
    },
  },
  {
    title: "a Job that fails",
    async run({ create, until }) {
      await create(job({ backoffLimit: 0 }, "fails:3"));
      await until("batch/v1", "Job", "a", has("Failed"));
    },
  },
  {
    title: "a Job that is suspended",
    async run({ create, until }) {
      await create(job({ suspend: true }));
      await until("batch/v1", "Job", "a", has("Suspended"));
    },
  },
  {
    title: "a DaemonSet",
    async run({ create, until }) {
      await create({
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name: "a" },
        spec: { selector, template: template() },
      });
      await until("apps/v1", "DaemonSet", "a", ({ status }) => status?.numberAvailable === 1);
    },
  },
  {
    title: "an autoscaler without metrics",
    async run({ create, until }) {
      await create(
        deployment({
          template: template({ containers: [container({ resources: { requests: { cpu: "1m" } } })] }),
        }),
      );
      await until("apps/v1", "Deployment", "a", rolled(2));
      await create({
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "a" },
        spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, maxReplicas: 3 },
      });
      await until("autoscaling/v2", "HorizontalPodAutoscaler", "a", ({ status }) =>
        status?.conditions?.some((one: Any) => one.type === "ScalingActive"),
      );
    },
  },
  {
    title: "disruption budgets",
    async run({ create, until }) {
      await create(deployment({ replicas: 3 }));
      await until("apps/v1", "Deployment", "a", rolled(3));
      const budgets = { half: { minAvailable: "50%" }, one: { maxUnavailable: 1 }, all: { minAvailable: 3 } };
      for (const [name, spec] of Object.entries(budgets)) {
        await create({
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: { name },
          spec: { selector, ...spec },
        });
        await until("policy/v1", "PodDisruptionBudget", name, ({ status }) => status?.currentHealthy === 3);
      }
      await create({
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "none" },
        spec: { selector: { matchLabels: { app: "nobody" } }, minAvailable: 1 },
      });
      await until(
        "policy/v1",
        "PodDisruptionBudget",
        "none",
        ({ status }) => status?.observedGeneration === 1,
      );
    },
  },
  {
    title: "a claim that nothing serves",
    async run({ create, until }) {
      await create({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "a" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "",
          resources: { requests: { storage: "1Gi" } },
        },
      });
      await until("v1", "PersistentVolumeClaim", "a", ({ status }) => status?.phase === "Pending");
    },
  },
  {
    title: "a CronJob that waits for its time",
    async run({ create, until }) {
      await create({
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "a" },
        spec: {
          schedule: "0 0 1 1 *",
          jobTemplate: { spec: { template: { spec: podSpec({ restartPolicy: "Never" }) } } },
        },
      });
      await until("batch/v1", "CronJob", "a", () => true);
    },
  },
];
