import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { devAnnotations, type KubeObject } from "../../src/contract/index.ts";
import { programsOf } from "../tools/programsOf.ts";
import { seeded } from "./seeded.ts";
import { Victim } from "./Victim.ts";

const kills = 8;
const replicas = 3;
const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-programs-")));
const stateDir = join(folder, "state");
const doubled = join(folder, "doubled");
let victim: Victim | undefined;
afterAll(async () => {
  await victim?.kill();
  for (const { pid } of programsOf(stateDir)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** Says who it is, and tells on itself when the one before it still runs. */
const program = `
  const fs = require("node:fs"), file = ${JSON.stringify(folder)} + "/" + process.env.POD;
  try {
    const before = fs.readFileSync(file, "utf8");
    const [, state] = fs.readFileSync("/proc/" + before + "/stat", "utf8").split(") ");
    if (state[0] !== "Z" && fs.readFileSync("/proc/" + before + "/environ", "utf8").includes("POD=" + process.env.POD))
      fs.appendFileSync(${JSON.stringify(doubled)}, process.env.POD + " " + before + "\\n");
  } catch {}
  fs.writeFileSync(file, String(process.pid));
  // In its own time: some are asked twice.
  process.on("SIGTERM", () => setTimeout(() => process.exit(), 100));
  setInterval(() => {}, 1000);`;

const deployment: KubeObject & { spec: object } = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: {
        labels: { app: "web" },
        annotations: { [devAnnotations.containers]: JSON.stringify({ main: { cwd: folder } }) },
      },
      spec: {
        containers: [
          {
            name: "main",
            image: "example.org/program:1",
            command: [process.execPath, "-e", program],
            env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          },
        ],
      },
    },
  },
};

interface PodObject extends KubeObject {
  readonly status?: { readonly containerStatuses?: readonly { readonly ready: boolean }[] };
}

/** Which pods there are, which of them say that they run, and whose programs run. */
async function look(from: Victim): Promise<{ pods: string[]; ready: string[]; programs: string[] }> {
  const client = await from.connect();
  const { items } = await client.list<PodObject>({ apiVersion: "v1", kind: "Pod" }, { namespace: "default" });
  const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? "";
  const ready = items.filter(({ status }) => status?.containerStatuses?.every((each) => each.ready) === true);
  const written = (pod: string): string => {
    const file = join(folder, pod);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  // Those that got as far as their first line.
  const programs = programsOf(stateDir).map(({ pid, environment: { POD = "" } }) =>
    written(POD) === String(pid) ? POD : `${POD} (process ${pid})`,
  );
  return {
    pods: items.map(nameOf).toSorted(),
    ready: ready.map(nameOf).toSorted(),
    programs: programs.toSorted(),
  };
}

/** Waits until each pod is ready and has its one program. */
async function settled(from: Victim, wanted: number): Promise<string[]> {
  for (let tries = 0; ; tries += 1) {
    const found = await look(from);
    const isSettled =
      found.pods.length === wanted &&
      String(found.ready) === String(found.pods) &&
      String(found.programs) === String(found.pods);
    if (isSettled) return found.pods;
    if (tries > 900) throw new Error(`not one program for each pod: ${JSON.stringify(found)}`);
    await sleep(100);
  }
}

describe.skipIf(process.platform !== "linux")("a sandbox that is killed", { timeout: 400_000 }, () => {
  it(`${kills} times, while it starts and while it runs, has one program for each pod after every start, and none after its end`, async () => {
    const random = seeded(7);
    victim = Victim.whole(folder, []);
    await (await victim.connect()).create(deployment);
    const pods = await settled(victim, replicas);
    const seen: string[][] = [];
    for (let count = 0; count < kills; count += 1) {
      await victim.kill();
      victim = Victim.whole(folder, []);
      if (count % 2 === 0) await sleep(random() * 1500);
      else seen.push(await settled(victim, replicas));
    }
    expect(seen).toEqual(Array.from({ length: kills / 2 }, () => pods));
    await victim.kill();
    expect(programsOf(stateDir).length).toBeGreaterThan(0);
    victim = Victim.whole(folder, []);
    expect(await settled(victim, replicas)).toEqual(pods);
    // Whoever was there when another one of its pod came would have been told of.
    expect(existsSync(doubled) ? readFileSync(doubled, "utf8") : "").toBe("");

    await victim.stop();
    expect(programsOf(stateDir)).toEqual([]);

    victim = Victim.whole(folder, []);
    expect(await settled(victim, replicas)).toEqual(pods);
    await victim.kill();
    victim = Victim.whole(folder, []);
    const client = await victim.connect();
    await client.delete({ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "default" });
    expect(await settled(victim, 0)).toEqual([]);
    await victim.stop();
    expect(programsOf(stateDir)).toEqual([]);
  });
});
