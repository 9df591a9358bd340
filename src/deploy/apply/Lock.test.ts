import { afterEach, beforeEach, expect, it } from "vitest";
import type { KubeRequest } from "../../kube/Transport.ts";
import { drivenClock, type DrivenClock } from "../../sandbox/drivenClock.ts";
import { contextOf } from "../DeployContext.ts";
import { testCluster, type TestCluster } from "../testing/testCluster.ts";
import { Lock } from "./Lock.ts";

const environment = { platform: "epidemiology", environment: "dev", namespace: "epi" };

let cluster: TestCluster;
let clock: DrivenClock;
beforeEach(async () => {
  cluster = await testCluster();
  clock = drivenClock(Date.parse("2026-03-02T08:00:00Z"));
});
afterEach(() => cluster.close());

const lockOver = (
  before: (request: KubeRequest) => void,
  after: (request: KubeRequest) => void = () => {},
): Lock => new Lock(environment, contextOf({ client: cluster.through(before, after), clock }));

const unreachable = (): never => {
  throw new Error("unreachable");
};

/** Lets time pass second by second, and what is due then happen. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

it("counts from when it was asked for, not from when the answer came: others count from between", async () => {
  let taken = false;
  const lock = lockOver(
    ({ method }) => {
      if (taken && method === "PUT") unreachable();
    },
    ({ method }) => {
      if (method !== "POST") return;
      taken = true;
      clock.advance(10_000);
    },
  );
  await lock.acquire();
  await pass(5);
  await lock.check();
  await pass(1);
  await expect(lock.check()).rejects.toMatchObject({ code: "LockLost" });
  await lock.release();
});

it("is asked for again when the answer came so late that others may take it", async () => {
  const asked: string[] = [];
  const lock = lockOver(
    ({ method }) => void asked.push(method),
    ({ method }) => {
      if (method === "POST") clock.advance(60_000);
    },
  );
  await lock.acquire();
  expect(asked).toEqual(["GET", "POST", "GET", "PUT"]);
  await lock.check();
  await lock.release();
});

it("is made without looking first where nothing was deployed, and found when it is there all the same", async () => {
  const asked: string[] = [];
  for (const expected of [
    ["POST", "PUT"],
    ["POST", "GET", "PUT", "PUT"],
  ]) {
    asked.length = 0;
    const lock = lockOver(({ method }) => void asked.push(method));
    await lock.acquire(true);
    await lock.release();
    expect(asked).toEqual(expected);
  }
});

it("counts a renewal whose answer was lost from when it was sent, not from when that is found out", async () => {
  let renewals = 0;
  const lock = lockOver(
    ({ method }) => {
      if (method === "PUT" && ++renewals > 2) unreachable();
    },
    ({ method }) => {
      if (method === "PUT" && renewals === 1) unreachable();
    },
  );
  await lock.acquire();
  await pass(20);
  expect(renewals).toBeGreaterThan(2);
  await lock.check();
  await pass(1);
  await expect(lock.check()).rejects.toMatchObject({ code: "LockLost" });
  await lock.release();
});

/** One whose timers stand still while time passes, as on a laptop that sleeps. */
const sleepingLock = (before: (request: KubeRequest) => void = () => {}): Lock => {
  const asleep = { ...drivenClock(), now: () => clock.now() };
  return new Lock(environment, contextOf({ client: cluster.through(before), clock: asleep }));
};

it("is asked for after a sleep, before anything is written, and goes on when nobody took it", async () => {
  const asked: string[] = [];
  const lock = sleepingLock(({ method }) => void asked.push(method));
  await lock.acquire();
  clock.advance(3_600_000);
  await Promise.all([lock.check(), lock.check()]);
  await lock.check();
  expect(asked).toEqual(["GET", "POST", "PUT"]);
  await lock.release();
});

it.each(["and holds it", "and gave it back"])("is lost when somebody took it in a sleep %s", async (how) => {
  const lock = sleepingLock();
  await lock.acquire();
  const other = new Lock(environment, contextOf({ client: cluster.client, clock, who: "eve" }));
  const taken = other.acquire();
  await pass(20);
  await taken;
  if (how === "and gave it back") await other.release();
  await expect(lock.check()).rejects.toMatchObject({ code: "LockLost" });
  await lock.release();
  await other.release();
});
