import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import { systemClock } from "../kube/index.ts";
import { deploy, planDeploy, type DeployEvent } from "./index.ts";
import { configMap, renderingOf, testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster();
});
afterEach(async () => {
  await cluster.close();
});

const app = (name: string): KubeObject & { component: string } => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  component: name,
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "example.org/app:1" }] },
    },
  },
});

const job = (name: string): KubeObject & { component: string } => ({
  apiVersion: "batch/v1",
  kind: "Job",
  component: "migrate",
  metadata: { name },
  spec: {
    template: {
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/app:1" }] },
    },
  },
});

const at = (kind: string, name: string) => ({
  apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
  kind,
  name,
  namespace: "epi",
});

/** Plays the controllers: when an object appears, its status becomes this. */
async function play(
  kind: "Deployment" | "Job",
  act: (object: KubeObject) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  for await (const event of cluster.client.follow(
    { apiVersion: at(kind, "").apiVersion, kind },
    { namespace: "epi", signal },
  )) {
    if (event.type === "SYNCED" || event.type === "DELETED" || seen.has(event.object.metadata.uid ?? ""))
      continue;
    seen.add(event.object.metadata.uid ?? "");
    await act(event.object);
  }
}

const setStatus = async (object: KubeObject, status: Record<string, unknown>): Promise<void> => {
  const reference = at(object.kind, object.metadata.name ?? "");
  await cluster.client.patch(
    reference,
    "merge",
    { status: { observedGeneration: object.metadata.generation ?? 1, ...status } },
    { subresource: "status" },
  );
};
const available = (object: KubeObject): Promise<void> =>
  setStatus(object, { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 });

/** A ReplicaSet and a pod whose container waits for this reason. */
async function brokenPod(object: KubeObject, reason: string, message: string): Promise<void> {
  await setStatus(object, { replicas: 1, updatedReplicas: 1 });
  const meta = (name: string, owner: KubeObject) => ({
    name,
    namespace: "epi",
    labels: { "pod-template-hash": "abc" },
    ownerReferences: [
      {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name ?? "",
        uid: owner.metadata.uid ?? "",
        controller: true,
      },
    ],
  });
  const name = `${object.metadata.name}-abc`;
  const { template, selector } = object["spec"] as Record<string, unknown>;
  const set = await cluster.client.create<KubeObject>({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: meta(name, object),
    spec: { replicas: 1, selector, template },
  });
  const pod = { apiVersion: "v1", kind: "Pod", name: `${name}-1`, namespace: "epi" };
  await cluster.client.create<KubeObject>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: meta(pod.name, { ...set, apiVersion: "apps/v1", kind: "ReplicaSet" }),
    spec: { containers: [{ name: "main", image: "example.org/app:1" }] },
  });
  const status = {
    phase: "Pending",
    containerStatuses: [
      {
        name: "main",
        image: "",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { waiting: { reason, message } },
      },
    ],
  };
  await cluster.client.patch(pod, "merge", { status }, { subresource: "status" });
}

async function run(
  rendering: ReturnType<typeof renderingOf>,
  actors: { Deployment?: (object: KubeObject) => Promise<void>; Job?: (object: KubeObject) => Promise<void> },
  options: Parameters<typeof deploy>[3] = {},
) {
  const stop = new AbortController();
  const playing = Object.entries(actors).map(([kind, act]) =>
    play(kind as "Deployment" | "Job", act, stop.signal),
  );
  const events: DeployEvent[] = [];
  const context = {
    client: cluster.client,
    onEvent: (event: DeployEvent) => events.push(event),
    redact: (text: string) => text.replaceAll("hunter2", "***"),
  };
  try {
    const plan = await planDeploy(rendering, context);
    // An actor that stumbles ends the test, not its patience.
    const stumbled = Promise.all(playing).then(() => new Promise<never>(() => {}));
    const work = deploy(rendering, plan, context, options).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error: error as Error & { code?: string } }),
    );
    return { ...(await Promise.race([work, stumbled])), events, plan };
  } finally {
    stop.abort();
    await Promise.all(playing);
  }
}

const after = (key: string, kind: string, ...before: string[]) => ({ key, name: key, kind, after: before });

/** The status of a Job that has ended, as a server demands it to be whole. */
function ended(type: "Complete" | "Failed", why: object = {}): Record<string, unknown> {
  const time = "2026-01-01T00:00:00Z";
  const before = type === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  const condition = (name: string): object => ({
    type: name,
    status: "True",
    lastTransitionTime: time,
    ...why,
  });
  return {
    startTime: time,
    ...(type === "Complete" ? { completionTime: time, succeeded: 1 } : { failed: 1 }),
    conditions: [condition(before), condition(type)],
  };
}

describe("waiting", () => {
  it("holds back what comes after a job until the job is complete", async () => {
    const rendering = renderingOf(
      [job("migrate-1a"), app("api")],
      [after("migrate", "job"), after("api", "service", "migrate")],
    );
    const order: string[] = [];
    const { result } = await run(rendering, {
      Job: async (object) => {
        order.push("job");
        expect(await cluster.client.find(at("Deployment", "api"))).toBeUndefined();
        await setStatus(object, ended("Complete"));
      },
      Deployment: async (object) => {
        order.push("api");
        await available(object);
      },
    });
    expect(result?.status).toBe("deployed");
    expect(order).toEqual(["job", "api"]);
    // It has run, and that its TTL removes it changes nothing.
    await cluster.client.delete(at("Job", "migrate-1a"));
    expect((await planDeploy(rendering, { client: cluster.client })).nothingToDo).toBe(true);
  });

  it("replaces a job that failed before", async () => {
    const rendering = renderingOf([job("migrate-1a")], [after("migrate", "job")]);
    const first = await run(rendering, {
      Job: (object) =>
        setStatus(object, ended("Failed", { reason: "BackoffLimitExceeded", message: "too often" })),
    });
    expect(first.error?.code).toBe("WaitFailed");
    expect(first.error?.message).toContain("BackoffLimitExceeded: too often");
    const uid = (await cluster.client.get(at("Job", "migrate-1a"))).metadata.uid;
    const second = await run(rendering, {
      Job: async (object) => {
        if (object.metadata.uid !== uid) await setStatus(object, ended("Complete"));
      },
    });
    expect(second.plan.objects.map(({ action, reason }) => [action, reason])).toEqual([
      ["replace", "its last run failed"],
    ]);
    expect(second.result?.status).toBe("deployed");
  });

  it("fails as soon as an image cannot be pulled, with the reason, and without what was secret in it", async () => {
    const rendering = renderingOf([app("api")], [after("api", "service")]);
    const { error, events } = await run(rendering, {
      Deployment: (object) =>
        brokenPod(object, "ErrImagePull", "example.org/app:1: not found (token hunter2)"),
    });
    expect(error?.code).toBe("WaitFailed");
    expect(error?.message).toContain("api cannot become ready: Deployment api: ErrImagePull");
    expect(JSON.stringify([error?.message, events])).not.toContain("hunter2");
    expect(events.map(({ type }) => type)).toContain("component-failed");
  });

  it("goes on with what does not need a failed component, when told to", async () => {
    const rendering = renderingOf(
      [app("broken"), app("needs"), app("other")],
      [after("broken", "service"), after("needs", "service", "broken"), after("other", "service")],
    );
    const { result, events } = await run(
      rendering,
      {
        Deployment: (object) =>
          object.metadata.name === "broken"
            ? brokenPod(object, "InvalidImageName", "bad name")
            : available(object),
      },
      { keepGoing: true },
    );
    expect(result).toMatchObject({ status: "failed", failures: [{ component: "broken" }] });
    expect(await cluster.client.find(at("Deployment", "needs"))).toBeUndefined();
    expect(events).toContainEqual({ type: "component-skipped", component: "needs", because: "broken" });
    expect(events.some((event) => event.type === "component-ready" && event.component === "other")).toBe(
      true,
    );
  });

  it("goes back to the last revision when told to, and says so", async () => {
    const good = renderingOf(
      [configMap("settings", { mode: "good" }, "api"), app("api")],
      [after("api", "service")],
    );
    await run(good, { Deployment: available });
    const bad = renderingOf(
      [configMap("settings", { mode: "bad" }, "api"), app("api"), app("new")],
      [after("api", "service"), after("new", "service")],
    );
    const { error } = await run(
      bad,
      {
        Deployment: (object) =>
          object.metadata.name === "new"
            ? brokenPod(object, "InvalidImageName", "bad name")
            : available(object),
      },
      { rollbackOnFailure: true },
    );
    expect((error as { hint?: string } | undefined)?.hint).toBe("dev was rolled back to revision 1.");
    const settings = await cluster.client.get({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "settings",
      namespace: "epi",
    });
    expect(settings["data"]).toEqual({ mode: "good" });
    expect(await cluster.client.find(at("Deployment", "new"))).toBeUndefined();
  });

  it("stops at Ctrl-C, releases the lock, and says how far it came", async () => {
    const rendering = renderingOf([app("api")], [after("api", "service")]);
    const interrupt = new AbortController();
    const context = {
      client: cluster.client,
      signal: interrupt.signal,
      onEvent: (event: DeployEvent) => {
        if (event.type === "component-waiting") interrupt.abort();
      },
    };
    const plan = await planDeploy(rendering, context);
    await expect(deploy(rendering, plan, context)).rejects.toMatchObject({
      code: "AbortedByUser",
      exitCode: 130,
      message: expect.stringContaining("1 of 1 changes were written") as string,
    });
    const lease = await cluster.client.get({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: "moorage-epidemiology-dev",
      namespace: "epi",
    });
    expect((lease["spec"] as { holderIdentity?: string }).holderIdentity).toBeUndefined();
    expect((await planDeploy(rendering, { client: cluster.client })).unfinished).toBeDefined();
  });

  it("does not count the time in which the machine stood still", async () => {
    const rendering = renderingOf([app("api")], [after("api", "service")]);
    const plan = await planDeploy(rendering, { client: cluster.client });
    let asleep = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + asleep };
    const onEvent = (event: DeployEvent): void => {
      if (event.type !== "component-waiting" || asleep > 0) return;
      asleep = 3_600_000;
      // What happened meanwhile is heard of after the time of day.
      void systemClock
        .sleep(1500)
        .then(async () => await cluster.client.get(at("Deployment", "api")))
        .then(available);
    };
    const result = await deploy(rendering, plan, { client: cluster.client, clock, onEvent });
    expect(result.status).toBe("deployed");
  });

  it("counts all time but that", async () => {
    const rendering = renderingOf([app("api")], [after("api", "service")]);
    const plan = await planDeploy(rendering, { client: cluster.client });
    const waiting = deploy(rendering, plan, { client: cluster.client }, { timeoutSeconds: 2 });
    await expect(waiting).rejects.toMatchObject({
      code: "WaitFailed",
      message: expect.stringContaining(
        "Timeout: not ready after 2 s: not yet seen by the controller",
      ) as string,
    });
  });
});
