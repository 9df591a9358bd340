import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { createKubeClient, type KubeRequest } from "../../src/kube/index.ts";
import { differences } from "./differences.ts";
import type { Trial } from "./FaultWorld.ts";
import { simulatedTrials } from "./simulatedTrials.ts";

const trials = simulatedTrials();
let trial: Trial;
beforeEach(async () => {
  trial = await trials.open();
});
afterEach(async () => {
  await trial.cluster.close();
});

const isApply = ({ method, query, path }: KubeRequest): boolean =>
  method === "PATCH" && query?.["dryRun"] === undefined && path.includes("/jobs/");
/** The first object that is written: from there to the end of the minute that it takes, the lock is held. */
const firstApply = (): number => trials.clean.requests.findIndex(isApply);
const pass = (milliseconds: number): Promise<void> =>
  trial.cluster.run(trial.cluster.clock.sleep(milliseconds));

test("who comes second is told who holds the lock, and nothing of theirs is written", async () => {
  const first = trial.deploy({ at: firstApply(), is: "slow" }, { who: "ada" });
  await pass(10_000);
  const second = trial.deploy(undefined, { who: "bob" });
  await expect(trial.cluster.run(second.work)).rejects.toMatchObject({
    code: "LockHeld",
    message: expect.stringMatching(/^ada is deploying prod, since \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/),
  });
  const written = second.transport.requests.filter(
    ({ method, query }) => method !== "GET" && query?.["dryRun"] === undefined,
  );
  expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  await trial.cluster.run(first.work);
  expect(differences("", trials.clean, await trial.outcome())).toEqual([]);
});

test("who is patient waits, and then is refused the plan that has become old, or finds its work done", async () => {
  const first = trial.deploy({ at: firstApply(), is: "slow" }, { who: "ada" });
  await pass(10_000);
  const second = trial.deploy(undefined, { who: "bob", lock: { wait: 300_000 } });
  await trial.cluster.run(first.work);
  await expect(trial.cluster.run(second.work)).rejects.toMatchObject({ code: "PlanStale" });
  const third = await trial.cluster.run(trial.deploy(undefined, { who: "bob" }).work);
  expect(third.status).toBe("unchanged");
  expect(differences("", trials.clean, await trial.outcome())).toEqual([]);
});

test("a holder that died is replaced after its lease", async () => {
  const first = trial.deploy({ at: firstApply(), is: "killed after" }, { who: "ada" });
  await trial.cluster.run(Promise.race([first.work, first.transport.killed]));
  const began = trial.cluster.clock.now();
  const second = trial.deploy(undefined, { who: "bob" });
  await trial.cluster.run(second.work);
  expect(second.notes).toContain("lock-taken-over");
  expect(trial.cluster.clock.now() - began).toBeGreaterThanOrEqual(15_000);
  expect(differences("", trials.clean, await trial.outcome())).toEqual([]);
});

test("a holder that lost its lease stops writing", async () => {
  const first = trial.deploy({ at: firstApply(), is: "slow" }, { who: "ada" });
  await pass(5_000);
  const client = createKubeClient(trial.cluster.transport);
  const ref = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    name: "moorage-mice-prod",
    namespace: "mice",
  };
  const lease = await client.get<KubeObject & { spec: object }>(ref);
  await client.replace({ ...lease, spec: { ...lease.spec, holderIdentity: "eve 12345678" } });
  const before = first.transport.requests.length;
  await expect(trial.cluster.run(first.work)).rejects.toMatchObject({
    code: "LockLost",
    message: "The lock of prod was lost, and writing stopped. eve holds it now.",
  });
  const later = first.transport.requests
    .slice(before)
    .filter(({ method, path }) => method !== "GET" && !path.includes("/leases/"));
  expect(later.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  // What it had begun, the next one finishes.
  await client.replace({
    ...(await client.get<KubeObject & { spec: object }>(ref)),
    spec: { ...lease.spec, holderIdentity: "" },
  });
  await trial.cluster.run(trial.deploy(undefined, { who: "bob" }).work);
  expect(differences("", trials.clean, await trial.outcome())).toEqual([]);
});
