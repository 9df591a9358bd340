import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/kube/index.ts";
import { clusterMissing } from "../cluster/startCluster.ts";
import { atEachRequest } from "./atEachRequest.ts";
import { differences } from "./differences.ts";
import { applies, requestsFor, type Fault } from "./FaultyTransport.ts";
import { cleanRun, type CleanRun } from "./FaultWorld.ts";
import { killedCommand } from "./killedCommand.ts";
import { RealTrials } from "./RealTrials.ts";

const missing = clusterMissing({ own: "flags and stand-ins for controllers of its own" });

/** One of so many requests meets one of the faults; another one each time, so that all come up. */
const sample = 4;
const faults: readonly Fault[] = [
  "dropped before",
  "dropped after",
  "reset",
  "409",
  "429",
  "500",
  "503",
  "watch cut",
  "410",
];
/** Each costs a process that starts. */
const killedProcesses = 6;

type Attempt = (trial: Awaited<ReturnType<RealTrials["open"]>>, at: number) => Promise<void>;

describe.skipIf(missing !== undefined)(
  `On a real kube-apiserver${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  { timeout: 300_000 },
  () => {
    let trials: RealTrials;
    let clean: CleanRun;
    beforeAll(async () => {
      trials = await RealTrials.start();
      clean = await cleanRun(await trials.open());
    }, 300_000);
    afterAll(() => trials?.stop());

    test("a deploy makes and deletes each object once", () => {
      expect(clean.state.length).toBeGreaterThan(20);
      expect(Object.values(clean.counts).every(({ creates, deletes }) => creates + deletes === 1)).toBe(true);
    });

    /** Side by side, as each waits for the server most of the time. */
    const atEach = (requests: readonly number[], attempt: Attempt): Promise<string[]> =>
      atEachRequest({ clean, open: () => trials.open() }, requests, attempt, 3);
    const all = (): number[] => [...clean.requests.keys()];

    test("a deploy that is killed at any request that takes effect, and run again, ends in the same state, with nothing made or deleted twice", async () => {
      let struck = 0;
      // After a read, things are as they were before it: the simulated sandbox is killed there too.
      const effective = requestsFor("killed before", clean.requests);
      const wrong = await atEach(effective, async (trial, at) => {
        // In the machine's time: what it leaves is a lock of fifteen seconds, and the next one has a fast clock.
        const killed = trial.deploy({ at, is: "killed after" }, { clock: systemClock, lock: {} });
        await Promise.race([killed.work, killed.transport.killed]);
        if (killed.transport.struck) struck++;
        await trial.deploy().work;
      });
      expect(wrong).toEqual([]);
      expect(struck).toBeGreaterThan(effective.length * 0.9);
    });

    test("a command that dies of SIGKILL leaves what the next one finishes, with nothing made or deleted twice: at a sample of requests", async () => {
      const stride = clean.requests.length / killedProcesses;
      const chosen = Array.from({ length: killedProcesses }, (_, index) =>
        Math.floor((index + 0.5) * stride),
      );
      const wrong = await atEach(chosen, async (trial, at) => {
        const { signal, output } = await killedCommand(trial.folder, trial.counted, at);
        expect(signal, output).toBe("SIGKILL");
        await trial.deploy().work;
      });
      expect(wrong).toEqual([]);
    });

    test("a fault at any request changes nothing, without the user doing anything", async () => {
      const chosen = all().filter((at) => at % sample === 1);
      const wrong = await atEach(chosen, async (trial, at) => {
        const request = clean.requests[at];
        const possible = faults.filter((fault) => request !== undefined && applies(fault, request));
        const is = possible[Math.floor(at / sample) % possible.length];
        if (is === undefined) throw new Error("no fault fits");
        await trial.deploy({ at, is }).work;
      });
      expect(wrong).toEqual([]);
    });

    test("a holder that lost its lease stops writing, and the next one finishes", async () => {
      const trial = await trials.open();
      const { namespace } = trial.cluster.place;
      const at = clean.requests.findIndex(
        ({ method, path, query }) =>
          method === "PATCH" && query?.["dryRun"] === undefined && path.includes("/jobs/"),
      );
      // Its job takes long to be written, longer than everything beside it; meanwhile somebody else has the lock, and the next renewal sees it.
      const first = trial.deploy({ at, is: "slow" }, { clock: trials.clock, lock: { duration: 54_000 } });
      const written = (): number =>
        first.transport.requests.filter(({ path }) => !path.includes("/leases/")).length;
      let seen = 0;
      for (let quiet = 0; quiet < 20; await systemClock.sleep(10)) {
        quiet = first.transport.struck && written() === seen ? quiet + 1 : 0;
        seen = written();
      }
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        name: "moorage-mice-prod",
        namespace,
      };
      const hold = (holderIdentity: string) =>
        trials.client.patch(lease, "merge", { spec: { holderIdentity } });
      await hold("eve 12345678");
      const before = first.transport.requests.length;
      await expect(first.work).rejects.toMatchObject({
        code: "LockLost",
        message: "The lock of prod was lost, and writing stopped. eve holds it now.",
      });
      const later = first.transport.requests
        .slice(before)
        .filter(({ method, path }) => method !== "GET" && !path.includes("/leases/"));
      expect(later.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
      await hold("");
      await trial.deploy().work;
      expect(differences("", clean, await trial.outcome())).toEqual([]);
      await trial.cluster.close();
    });
  },
);
