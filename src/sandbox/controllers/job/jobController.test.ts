import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../objects/workloads.ts";
import type { Pod } from "../objects/Pod.ts";
import { isGone, testCluster, type TestCluster } from "../testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(() => cluster.stop());

const job = (spec: Partial<Job["spec"]> = {}, restartPolicy = "Never"): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "load", namespace: "default" },
  spec: { template: { spec: { restartPolicy, containers: [{ name: "main", image: "etl:1" }] } }, ...spec },
});
const conditions = async (): Promise<string[]> =>
  ((await cluster.get<Job>("Job", "load")).status?.conditions ?? []).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  );
const pods = (): Promise<Pod[]> => cluster.list<Pod>("Pod");

describe("a Job", () => {
  test("is complete when its pod has succeeded, and keeps the pod for its log", async () => {
    await cluster.node.fate(() => ({ exits: 0 }));
    await cluster.client.create(job());
    await cluster.settle();
    expect(await conditions()).toEqual([
      "SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods",
      "Complete=True CompletionsReached: Reached expected number of succeeded pods",
    ]);
    const { status } = await cluster.get<Job>("Job", "load");
    expect(status).toMatchObject({
      succeeded: 1,
      startTime: "2026-03-02T08:00:00Z",
      completionTime: "2026-03-02T08:00:00Z",
    });
    expect(status?.active).toBeUndefined();
    const [pod] = await pods();
    expect(pod!.metadata.finalizers).toBeUndefined();
    expect(await cluster.events("load")).toEqual([
      "Completed x1 Job completed",
      `SuccessfulCreate x1 Created pod: ${pod!.metadata.name}`,
    ]);
  });

  test("tries again after ten seconds, then twenty, and fails above its back-off limit", async () => {
    await cluster.node.fate(() => ({ exits: 3 }));
    await cluster.client.create(job({ backoffLimit: 2 }));
    await cluster.settle();
    expect(await pods()).toHaveLength(1);
    await cluster.pass(9);
    expect(await pods()).toHaveLength(1);
    await cluster.pass(1);
    expect(await pods()).toHaveLength(2);
    await cluster.pass(20);
    expect(await pods()).toHaveLength(3);
    expect(await conditions()).toEqual([
      "FailureTarget=True BackoffLimitExceeded: Job has reached the specified backoff limit",
      "Failed=True BackoffLimitExceeded: Job has reached the specified backoff limit",
    ]);
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({ failed: 3 });
    expect(await cluster.events("load")).toContain(
      "BackoffLimitExceeded x1 Job has reached the specified backoff limit",
    );
  });

  test("is stopped at its deadline, and tells its end when the last pod has ended", async () => {
    await cluster.client.create(job({ activeDeadlineSeconds: 30, parallelism: 2, completions: 4 }));
    await cluster.pass(29);
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({ active: 2, ready: 2 });
    await cluster.node.holdsDeletions(true);
    await cluster.pass(1);
    expect(await conditions()).toEqual([
      "FailureTarget=True DeadlineExceeded: Job was active longer than specified deadline",
    ]);
    await cluster.node.holdsDeletions(false);
    await cluster.settle();
    expect(await conditions()).toContain(
      "Failed=True DeadlineExceeded: Job was active longer than specified deadline",
    );
    expect(await pods()).toEqual([]);
  });

  test("runs every index to its end, each with its number, and says which are done", async () => {
    await cluster.node.fate((pod) =>
      pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"] === "1" ? "ready" : { exits: 0 },
    );
    await cluster.client.create(job({ completions: 4, parallelism: 2, completionMode: "Indexed" }));
    await cluster.settle();
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({
      completedIndexes: "0,2,3",
      succeeded: 3,
      active: 1,
    });
    const running = (await pods()).find((pod) => pod.status?.phase === "Running")!;
    expect(running.spec.hostname).toBe("load-1");
    expect(running.spec.containers[0]!.env).toEqual([
      {
        name: "JOB_COMPLETION_INDEX",
        valueFrom: {
          fieldRef: {
            apiVersion: "v1",
            fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']",
          },
        },
      },
    ]);
    await cluster.node.fate(() => ({ exits: 0 }));
    await cluster.settle();
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({
      completedIndexes: "0-3",
      succeeded: 4,
    });
  });

  test("fails the indexes that fail too often, and goes on with the others", async () => {
    await cluster.node.fate((pod) => ({
      exits: pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"] === "0" ? 1 : 0,
    }));
    await cluster.client.create(
      job({ completions: 2, parallelism: 2, completionMode: "Indexed", backoffLimitPerIndex: 1 }),
    );
    await cluster.pass(40);
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({
      completedIndexes: "1",
      failedIndexes: "0",
      failed: 2,
    });
    expect(await conditions()).toContain("Failed=True FailedIndexes: Job has failed indexes");
  });

  test("has no pods while it is suspended, and begins when it is resumed", async () => {
    await cluster.client.create(job({ suspend: true }));
    await cluster.settle();
    expect(await pods()).toEqual([]);
    expect(await conditions()).toEqual(["Suspended=True JobSuspended: Job suspended"]);
    await cluster.edit<Job>("Job", "load", ({ spec }) => (spec.suspend = false));
    await cluster.settle();
    expect(await pods()).toHaveLength(1);
    expect(await conditions()).toEqual(["Suspended=False JobResumed: Job resumed"]);
    await cluster.edit<Job>("Job", "load", ({ spec }) => (spec.suspend = true));
    await cluster.settle();
    expect(await pods()).toEqual([]);
    expect((await cluster.get<Job>("Job", "load")).status?.startTime).toBeUndefined();
  });

  test("replaces a pod that somebody deleted at once", async () => {
    await cluster.client.create(job());
    await cluster.settle();
    const [first] = await pods();
    await cluster.client.delete({
      apiVersion: "v1",
      kind: "Pod",
      name: first!.metadata.name!,
      namespace: "default",
    });
    await cluster.settle();
    const [second, ...others] = await pods();
    expect(others).toEqual([]);
    expect(second!.metadata.name).not.toBe(first!.metadata.name);
    expect((await cluster.get<Job>("Job", "load")).status).toMatchObject({ active: 1, failed: 1 });
  });

  test("goes some time after its end when it says so, with its pods", async () => {
    await cluster.node.fate(() => ({ exits: 0 }));
    await cluster.client.create(job({ ttlSecondsAfterFinished: 60 }));
    await cluster.pass(59);
    await cluster.get("Job", "load");
    await cluster.pass(1);
    const left = await cluster.list<Job>("Job");
    expect(left.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([]);
  });

  test("ends at once on an exit code that its policy calls hopeless", async () => {
    await cluster.node.fate(() => ({ exits: 42 }));
    await cluster.client.create(
      job({
        podFailurePolicy: {
          rules: [
            { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [42] } },
          ],
        },
      }),
    );
    await cluster.settle();
    const [pod] = await pods();
    expect(await conditions()).toContain(
      `Failed=True PodFailurePolicy: Container main for pod default/${pod!.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    );
  });

  test("lets its pods go when it is deleted while a finalizer holds them", async () => {
    await cluster.client.create(job());
    await cluster.settle();
    await cluster.client.delete(
      { apiVersion: "batch/v1", kind: "Job", name: "load", namespace: "default" },
      { propagation: "Background" },
    );
    await cluster.settle();
    expect(await isGone(cluster.get("Job", "load"))).toBe(true);
    for (const pod of await pods()) expect(pod.metadata.finalizers ?? []).toEqual([]);
  });

  test.each(Array.from({ length: 14 }, (_, index) => index + 1))(
    "counts each pod once when it is killed at write %i",
    async (nth) => {
      await cluster.node.fate((pod) =>
        pod.metadata.labels?.["batch.kubernetes.io/job-completion-index"] === "2" ? "ready" : { exits: 0 },
      );
      cluster.killAtWrite(nth);
      await cluster.client.create(job({ completions: 3, parallelism: 3, completionMode: "Indexed" }));
      await cluster.pass(20);
      await cluster.node.fate(() => ({ exits: 0 }));
      await cluster.pass(20);
      expect(cluster.kills()).toBe(1);
      const { status } = await cluster.get<Job>("Job", "load");
      expect(status).toMatchObject({ succeeded: 3, completedIndexes: "0-2" });
      expect(status?.failed ?? 0).toBe(0);
      expect(await conditions()).toContain(
        "Complete=True CompletionsReached: Reached expected number of succeeded pods",
      );
      expect(await pods()).toHaveLength(3);
    },
  );
});
