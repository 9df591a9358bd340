import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CronJob, Job } from "../objects/workloads.ts";
import { testCluster, type TestCluster } from "../testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  // 08:00 UTC on a Monday.
  cluster = await testCluster();
  await cluster.node.fate(() => ({ exits: 0 }));
});
afterEach(() => cluster.stop());

const minute = 60;
const cronJob = (schedule: string, spec: Partial<CronJob["spec"]> = {}): CronJob => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "export", namespace: "default" },
  spec: {
    schedule,
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "etl:1" }] } },
      },
    },
    ...spec,
  },
});
const jobs = async (): Promise<string[]> =>
  (await cluster.list<Job>("Job")).map(({ metadata }) => metadata.name!);
const nameAt = (time: string): string => `export-${Date.parse(time) / 60_000}`;

describe("a CronJob", () => {
  test("starts a job at each time of its schedule, named after that time", async () => {
    await cluster.client.create(cronJob("*/30 * * * *"));
    await cluster.pass(29 * minute);
    expect(await jobs()).toEqual([]);
    await cluster.pass(minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:30:00Z")]);
    await cluster.pass(30 * minute);
    const { status } = await cluster.get<CronJob>("CronJob", "export");
    expect(status).toEqual({
      lastScheduleTime: "2026-03-02T09:00:00Z",
      lastSuccessfulTime: "2026-03-02T09:00:00Z",
    });
    expect(await jobs()).toHaveLength(2);
    const [job] = await cluster.list<Job>("Job");
    expect(job!.metadata.annotations).toMatchObject({
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-03-02T08:30:00Z",
    });
  });

  test("keeps the time of its zone", async () => {
    await cluster.client.create(cronJob("0 10 * * *", { timeZone: "Europe/Zurich" }));
    await cluster.pass(59 * minute);
    expect(await jobs()).toEqual([]);
    await cluster.pass(minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T09:00:00Z")]);
  });

  test("waits for the job that still runs when it forbids two", async () => {
    await cluster.node.fate(() => "ready");
    await cluster.client.create(cronJob("*/10 * * * *", { concurrencyPolicy: "Forbid" }));
    await cluster.pass(25 * minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:10:00Z")]);
    expect((await cluster.get<CronJob>("CronJob", "export")).status?.active).toHaveLength(1);
    await cluster.node.fate(() => ({ exits: 0 }));
    await cluster.settle();
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:10:00Z"), nameAt("2026-03-02T08:20:00Z")]);
  });

  test("doesn't take a job that somebody started in its name for one of its own", async () => {
    await cluster.node.fate(() => "ready");
    await cluster.client.create(cronJob("*/10 * * * *", { concurrencyPolicy: "Forbid" }));
    const { metadata, spec } = await cluster.get<CronJob>("CronJob", "export");
    await cluster.client.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name: "by-hand",
        namespace: "default",
        annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "CronJob", name: "export", uid: metadata.uid!, controller: true },
        ],
      },
      spec: spec.jobTemplate.spec,
    });
    await cluster.settle();
    expect((await cluster.get<CronJob>("CronJob", "export")).status?.active).toBeUndefined();
    await cluster.pass(10 * minute);
    expect(await jobs()).toEqual(["by-hand", nameAt("2026-03-02T08:10:00Z")]);
    const { status } = await cluster.get<CronJob>("CronJob", "export");
    expect(status?.active?.map(({ name }) => name)).toEqual([nameAt("2026-03-02T08:10:00Z")]);
  });

  test("replaces the job that still runs when it shall", async () => {
    await cluster.node.fate(() => "ready");
    await cluster.client.create(cronJob("*/10 * * * *", { concurrencyPolicy: "Replace" }));
    await cluster.pass(20 * minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:20:00Z")]);
  });

  test("keeps as many ended jobs as its history may have", async () => {
    await cluster.client.create(cronJob("*/10 * * * *", { successfulJobsHistoryLimit: 2 }));
    await cluster.pass(60 * minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:50:00Z"), nameAt("2026-03-02T09:00:00Z")]);
  });

  test("starts nothing while it is suspended, and only the newest of what it missed afterwards", async () => {
    await cluster.client.create(cronJob("*/10 * * * *", { suspend: true }));
    await cluster.pass(45 * minute);
    expect(await jobs()).toEqual([]);
    await cluster.edit<CronJob>("CronJob", "export", ({ spec }) => (spec.suspend = false));
    await cluster.settle();
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:40:00Z")]);
  });

  test("lets go a time that is longer ago than its deadline", async () => {
    await cluster.client.create(cronJob("*/10 * * * *", { suspend: true, startingDeadlineSeconds: 60 }));
    await cluster.pass(45 * minute);
    await cluster.edit<CronJob>("CronJob", "export", ({ spec }) => (spec.suspend = false));
    await cluster.settle();
    expect(await jobs()).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])("starts each job once when it is killed at write %i", async (nth) => {
    cluster.killAtWrite(nth, nth % 2 === 0);
    await cluster.client.create(cronJob("*/10 * * * *"));
    await cluster.pass(11 * minute);
    expect(await jobs()).toEqual([nameAt("2026-03-02T08:10:00Z")]);
    expect((await cluster.get<CronJob>("CronJob", "export")).status).toMatchObject({
      lastScheduleTime: "2026-03-02T08:10:00Z",
    });
    expect(
      cluster.writes.filter((write) => write === "POST /apis/batch/v1/namespaces/default/jobs").length,
    ).toBeLessThanOrEqual(2);
  });
});
