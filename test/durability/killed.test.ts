import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { ApiUnreachable, type KubeClient } from "../../src/kube/index.ts";
import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { seeded } from "./seeded.ts";
import { Victim } from "./Victim.ts";
import { readAll, shared, Writer } from "./Writer.ts";

const writers = ["ada", "bea", "cid", "dot"];
const home = mkdtempSync(join(tmpdir(), "moorage-durability-"));
const victims = new Set<Victim>();
afterAll(async () => {
  await Promise.all([...victims].map((victim) => victim.kill()));
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** A folder, who writes into it, and all that was found wrong after a kill. */
class Lane {
  readonly folder: string;
  readonly journal: string;
  readonly random: () => number;
  readonly writers: readonly Writer[];
  readonly start: () => Victim;
  readonly wrong: string[] = [];
  /** What else is done while the writers write; ends with the connection. */
  beside: ((client: KubeClient) => Promise<void>) | undefined;
  readonly kills = { starting: 0, writing: 0, checkpointing: 0 };
  #newest = 0;
  /** Characters of a write that fills the journal's log. */
  bigSize = 30_000;
  /** Milliseconds that a start takes. */
  #starts = 300;

  constructor(name: string, seed: number, journal: string, start: (folder: string) => Victim) {
    this.folder = join(home, name);
    mkdirSync(this.folder);
    this.journal = join(this.folder, journal);
    this.random = seeded(seed);
    this.writers = writers.map((writer) => new Writer(writer, this.random));
    this.start = () => {
      const victim = start(this.folder);
      victims.add(victim);
      return victim;
    };
  }

  get writes(): number {
    return this.writers.reduce((sum, writer) => sum + writer.writes, 0);
  }

  /** Killed at every kind of moment, over some hundreds of writes. How many rounds that takes is up to the machine's moods. */
  get hasSeenEnough(): boolean {
    return Math.min(...Object.values(this.kills)) > 0 && this.writes > 500;
  }

  /** Starts, checks what is there, writes, and kills at some moment of all that. */
  async round(): Promise<void> {
    const victim = this.start();
    if (this.random() < 0.2 && this.#newest > 0) {
      await sleep(this.random() * this.#starts);
      this.kills.starting += 1;
    } else {
      const began = Date.now();
      await victim.ready();
      this.#starts = Date.now() - began;
      await this.check(victim);
      await this.#write(victim);
    }
    await victim.kill();
    victims.delete(victim);
  }

  async #write(victim: Victim): Promise<void> {
    const clients = await Promise.all(this.writers.map(() => victim.connect()));
    const big = this.random() < 0.3;
    const size = (): number => (big || this.random() < 0.02 ? this.bigSize : Math.ceil(this.random() * 3000));
    const writing = Promise.all([
      ...this.writers.map((writer, at) => writer.write(clients[at]!, size)),
      ...(this.beside === undefined ? [] : [this.beside(clients[0]!)]),
    ]);
    const seen = { broken: false, checkpoint: false };
    // Told below, when the victim is gone.
    writing.catch(() => (seen.broken = true));
    // A number of writes, not of milliseconds: a busy machine tests as much. The journal's pages going into the main file is a moment of its own.
    const watcher = big ? watch(this.journal, () => (seen.checkpoint = true)) : undefined;
    const until = this.writes + (big ? 80 : Math.ceil(this.random() * 40));
    while (this.writes < until && !seen.checkpoint && !seen.broken) await sleep(1);
    watcher?.close();
    this.kills[seen.checkpoint ? "checkpointing" : "writing"] += 1;
    await sleep(this.random() * (seen.checkpoint ? 12 : 4));
    await victim.kill();
    await writing;
  }

  /** Compares all that is there with what the writers were told. */
  async check(victim: Victim): Promise<void> {
    const client = await victim.connect();
    if (this.#newest === 0) await client.create<KubeObject>(structuredClone(shared));
    const { found, version } = await readAll(client);
    this.#newest = Math.max(this.#newest, ...this.writers.map(({ newest }) => newest));
    if (version < this.#newest) this.wrong.push(`version ${version} after ${this.#newest}`);
    this.#newest = version;
    for (const writer of this.writers) this.wrong.push(...writer.check(found));
  }

  /** The last start, which is not killed before it was looked at; and the file itself. */
  async end(look: (victim: Victim) => Promise<void> = async () => {}): Promise<void> {
    const victim = this.start();
    await this.check(victim);
    await look(victim);
    await victim.kill();
    const database = new DatabaseSync(this.journal);
    const [answer] = database.prepare("PRAGMA integrity_check").all();
    database.close();
    expect(answer).toEqual({ integrity_check: "ok" });
  }
}

const web = (replicas: number): KubeObject & Scaled => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "example.org/program:1" }] },
    },
  },
});

interface Scaled extends KubeObject {
  readonly spec: { readonly replicas: number; readonly [field: string]: unknown };
  readonly status?: { readonly readyReplicas?: number; readonly replicas?: number };
}

/** Makes pods and ends them, until the connection breaks. */
async function scaleAtRandom(client: KubeClient, random: () => number): Promise<void> {
  try {
    for (;;) {
      await client.apply(web(Math.floor(random() * 9)), { fieldManager: "scale", force: true });
      await sleep(random() * 40);
    }
  } catch (error) {
    if (!(error instanceof ApiUnreachable)) throw error;
  }
}

/** As many pods as are wanted, all ready, and no other. */
async function cameTo(client: KubeClient, wanted: number): Promise<unknown> {
  await client.apply(web(wanted), { fieldManager: "scale", force: true });
  for (let tries = 0; ; tries += 1) {
    const { status } = await client.get<Scaled>({
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "web",
      namespace: "default",
    });
    const pods = await client.list({ apiVersion: "v1", kind: "Pod" }, { namespace: "default" });
    const state = { ready: status?.readyReplicas, replicas: status?.replicas, pods: pods.items.length };
    if (tries > 900 || Object.values(state).every((count) => count === wanted)) return state;
    await sleep(100);
  }
}

describe(`killed 100 times while ${writers.length} clients write, a sandbox`, { timeout: 1_800_000 }, () => {
  it("keeps every acknowledged write as it was answered, nothing half, nothing that was deleted (its store and API server, 92 times or more)", async () => {
    const authority = await createAuthority("test", Date.now());
    const file = join(home, "certificate.json");
    const certificate = await issueServerCertificate(authority, Date.now());
    writeFileSync(file, JSON.stringify({ ...certificate, authority: authority.certificate }));
    const lanes = [1, 2].map(
      (seed) =>
        new Lane(`small-${seed}`, seed, "objects.sqlite", (folder) =>
          Victim.small(folder, { file, authority: authority.certificate }),
        ),
    );
    await Promise.all(
      lanes.map(async (lane) => {
        for (let round = 0; round < 46 || (round < 200 && !lane.hasSeenEnough); round += 1)
          await lane.round();
        await lane.end();
      }),
    );
    expect(lanes.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(lanes.map(({ hasSeenEnough }) => hasSeenEnough)).toEqual([true, true]);
  });

  it("does so with its controllers and pods, which come to where they are to be (the whole of it, 8 times)", async () => {
    const lane = new Lane("whole", 3, "state/objects.sqlite", (folder) =>
      Victim.whole(folder, ["--simulate"]),
    );
    lane.bigSize = 300_000;
    lane.beside = (client) => scaleAtRandom(client, lane.random);
    for (let round = 0; round < 8; round += 1) await lane.round();
    await lane.end(async (victim) => {
      const client = await victim.connect();
      expect(await cameTo(client, 5)).toEqual({ ready: 5, replicas: 5, pods: 5 });
    });
    expect(lane.wrong).toEqual([]);
  });
});
