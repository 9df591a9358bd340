import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import { isActive, type Pod } from "../objects/Pod.ts";
import { podTemplate } from "../testing/podTemplate.ts";
import { testCluster, type TestCluster } from "../testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const web = (spec: Partial<Deployment["spec"]> = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: podTemplate({ app: "web" }),
    ...spec,
  },
});

const conditionsOf = (deployment: Deployment): string[] =>
  (deployment.status?.conditions ?? [])
    .map(({ type, status, reason }) => `${type}=${status} ${reason}`)
    .toSorted();

describe("a Deployment", () => {
  test("runs as many ready pods as it asks for, and says so", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    const deployment = await cluster.get<Deployment>("Deployment", "web");
    expect(deployment.status).toMatchObject({
      // The revision's annotation comes through the status: on the main path it would make a second.
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(conditionsOf(deployment)).toEqual([
      "Available=True MinimumReplicasAvailable",
      "Progressing=True NewReplicaSetAvailable",
    ]);
    const [set] = await cluster.list<ReplicaSet>("ReplicaSet");
    expect(set!.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "1" });
    const hash = set!.metadata.labels!["pod-template-hash"]!;
    expect(set!.metadata.name).toBe(`web-${hash}`);
    for (const pod of await cluster.list<Pod>("Pod"))
      expect(pod.metadata.labels).toEqual({ app: "web", "pod-template-hash": hash });
  });

  test("writes nothing more once all is as wanted", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    const before = cluster.writes.length;
    await cluster.restart();
    expect(cluster.writes.slice(before)).toEqual([]);
  });

  test("rolls to a new template within its surge, and never below what must be available", async () => {
    await cluster.client.create(
      web({
        replicas: 4,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      }),
    );
    await cluster.settle();
    await cluster.node.fate(() => "pending");
    await setImage("web:2");
    // One may be missing and one be above: two new ones begin, three old ones serve.
    expect(await imagesOf(isActive)).toEqual(["web:1", "web:1", "web:1", "web:2", "web:2"]);
    await cluster.node.fate(() => "ready");
    await cluster.settle();
    expect(await imagesOf(isActive)).toEqual(["web:2", "web:2", "web:2", "web:2"]);
    expect(await cluster.list<ReplicaSet>("ReplicaSet")).toHaveLength(2);
  });

  test("counts a new pod only when it has been ready for minReadySeconds", async () => {
    await cluster.client.create(web({ replicas: 1, minReadySeconds: 10 }));
    await cluster.pass(9);
    expect((await cluster.get<Deployment>("Deployment", "web")).status).toMatchObject({
      readyReplicas: 1,
      unavailableReplicas: 1,
    });
    await cluster.pass(1);
    expect((await cluster.get<Deployment>("Deployment", "web")).status).toMatchObject({
      availableReplicas: 1,
    });
  });

  test("keeps the old pods while the new ones don't get ready, and says when it has waited too long", async () => {
    await cluster.client.create(web({ progressDeadlineSeconds: 60 }));
    await cluster.settle();
    await cluster.node.fate((pod) => (pod.spec.containers[0]!["image"] === "web:bad" ? "unready" : "ready"));
    await setImage("web:bad");
    expect(await imagesOf(isActive)).toEqual(["web:1", "web:1", "web:1", "web:bad"]);
    await cluster.pass(59);
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toContain(
      "Progressing=True ReplicaSetUpdated",
    );
    await cluster.pass(3);
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toEqual([
      "Available=True MinimumReplicasAvailable",
      "Progressing=False ProgressDeadlineExceeded",
    ]);
    // And recovers when it is mended.
    await setImage("web:1");
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toContain(
      "Progressing=True NewReplicaSetAvailable",
    );
    expect(await imagesOf(isActive)).toEqual(["web:1", "web:1", "web:1"]);
  });

  test("stops all old pods before it starts new ones with Recreate", async () => {
    await cluster.client.create(web({ strategy: { type: "Recreate" } }));
    await cluster.settle();
    await cluster.node.holdsDeletions(true);
    await setImage("web:2");
    expect(await imagesOf()).toEqual(["web:1", "web:1", "web:1"]);
    await cluster.node.holdsDeletions(false);
    await cluster.settle();
    expect(await imagesOf()).toEqual(["web:2", "web:2", "web:2"]);
  });

  test("numbers its revisions so that rolling back finds them, and takes an old one's set again", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    await setImage("web:2");
    await setImage("web:1");
    expect(await setsOf()).toEqual(["web:1 x3, revision 3 (once 1)", "web:2 x0, revision 2"]);
    expect((await cluster.get("Deployment", "web")).metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
    });
  });

  test("keeps as many old sets as its history may have", async () => {
    await cluster.client.create(web({ revisionHistoryLimit: 1 }));
    await cluster.settle();
    for (const image of ["web:2", "web:3", "web:4"]) await setImage(image);
    expect(await setsOf()).toEqual(["web:3 x0, revision 3", "web:4 x3, revision 4"]);
  });

  test("rolls nothing while it is paused, but scales", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.paused = true));
    await setImage("web:2");
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.replicas = 2));
    await cluster.settle();
    expect(await imagesOf()).toEqual(["web:1", "web:1"]);
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toContain(
      "Progressing=Unknown DeploymentPaused",
    );
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.paused = false));
    await cluster.settle();
    expect(await imagesOf()).toEqual(["web:2", "web:2"]);
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toContain(
      "Progressing=True NewReplicaSetAvailable",
    );
  });

  test("scales up and down without a new revision, and tells it in events", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.replicas = 5));
    await cluster.settle();
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.replicas = 1));
    await cluster.settle();
    const [set, ...others] = await cluster.list<ReplicaSet>("ReplicaSet");
    expect(others).toEqual([]);
    expect(await cluster.list("Pod")).toHaveLength(1);
    expect(await cluster.events("web")).toEqual([
      `ScalingReplicaSet x1 Scaled down replica set ${set!.metadata.name} from 5 to 1`,
      `ScalingReplicaSet x1 Scaled up replica set ${set!.metadata.name} from 0 to 3`,
      `ScalingReplicaSet x1 Scaled up replica set ${set!.metadata.name} from 3 to 5`,
    ]);
  });

  test("spreads a scaling over old and new pods while a rollout hangs", async () => {
    await cluster.client.create(
      web({
        replicas: 10,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
      }),
    );
    await cluster.settle();
    await cluster.node.fate((pod) => (pod.spec.containers[0]!["image"] === "web:bad" ? "unready" : "ready"));
    await setImage("web:bad");
    expect(await countsOf()).toEqual({ "web:1": 8, "web:bad": 5 });
    await cluster.edit<Deployment>("Deployment", "web", ({ spec }) => (spec.replicas = 15));
    await cluster.settle();
    // https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling
    expect(await countsOf()).toEqual({ "web:1": 11, "web:bad": 7 });
  });

  test("says why pods can't be made, tries again later, and recovers", async () => {
    cluster.refuse(({ method, path }) => method === "POST" && path.endsWith("/pods"));
    await cluster.client.create(web());
    await cluster.settle();
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toEqual([
      "Available=False MinimumReplicasUnavailable",
      "Progressing=True NewReplicaSetCreated",
      "ReplicaFailure=True FailedCreate",
    ]);
    const [set] = await cluster.list<ReplicaSet>("ReplicaSet");
    expect((await cluster.events(set!.metadata.name!))[0]).toMatch(
      /^FailedCreate x\d+ Error creating: exceeded quota$/,
    );
    const before = cluster.writes.length;
    await cluster.pass(20);
    // Fewer and fewer, though: it backs off.
    expect(cluster.writes.length - before).toBeLessThan(15);
    cluster.refuse(() => false);
    await cluster.pass(60);
    expect(conditionsOf(await cluster.get("Deployment", "web"))).toEqual([
      "Available=True MinimumReplicasAvailable",
      "Progressing=True NewReplicaSetAvailable",
    ]);
  });

  test("adopts pods and sets that it selects, and lets go what it no longer selects", async () => {
    await cluster.client.create(web());
    await cluster.settle();
    const [pod] = await cluster.list<Pod>("Pod");
    await cluster.edit<Pod>("Pod", pod!.metadata.name!, ({ metadata }) => delete metadata.labels!["app"]);
    await cluster.settle();
    const released = await cluster.get<Pod>("Pod", pod!.metadata.name!);
    expect(released.metadata.ownerReferences).toBeUndefined();
    expect(await cluster.list("Pod")).toHaveLength(4);
    await cluster.edit<Pod>("Pod", pod!.metadata.name!, ({ metadata }) => (metadata.labels!["app"] = "web"));
    await cluster.settle();
    expect(await cluster.list("Pod")).toHaveLength(3);
  });

  test.each(Array.from({ length: 24 }, (_, index) => index + 1))(
    "ends in the same state when it is killed at write %i of a rollout",
    async (nth) => {
      await cluster.client.create(web());
      await cluster.settle();
      cluster.killAtWrite(nth, nth % 2 === 0);
      await setImage("web:2");
      await cluster.pass(1);
      expect(await setsOf()).toEqual(["web:1 x0, revision 1", "web:2 x3, revision 2"]);
      expect(await imagesOf()).toEqual(["web:2", "web:2", "web:2"]);
      expect(cluster.kills()).toBe(1);
      const { status, metadata } = await cluster.get<Deployment>("Deployment", "web");
      expect(status).toMatchObject({
        replicas: 3,
        updatedReplicas: 3,
        availableReplicas: 3,
        observedGeneration: metadata.generation,
      });
    },
  );
});

async function setImage(image: string): Promise<void> {
  await cluster.edit<Deployment>(
    "Deployment",
    "web",
    ({ spec }) => (spec.template.spec.containers[0]!["image"] = image),
  );
  await cluster.settle();
}

async function setsOf(): Promise<string[]> {
  const sets = await cluster.list<ReplicaSet>("ReplicaSet");
  return sets
    .map(({ metadata: { annotations = {} }, spec }) => {
      const once = annotations["deployment.kubernetes.io/revision-history"];
      const revision = `revision ${annotations["deployment.kubernetes.io/revision"]}${once ? ` (once ${once})` : ""}`;
      return `${String(spec.template.spec.containers[0]!["image"])} x${spec.replicas}, ${revision}`;
    })
    .toSorted();
}

async function imagesOf(which: (pod: Pod) => boolean = () => true): Promise<string[]> {
  const pods = await cluster.list<Pod>("Pod");
  return pods
    .filter(which)
    .map((pod) => String(pod.spec.containers[0]!["image"]))
    .toSorted();
}

async function countsOf(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const image of await imagesOf(isActive)) counts[image] = (counts[image] ?? 0) + 1;
  return counts;
}
