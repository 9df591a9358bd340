import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";

const times = 100;
const writers = 4;
const folder = mkdtempSync(join(tmpdir(), "moorage-durability-"));
let process_: ChildProcess | undefined;

afterAll(async () => {
  await kill();
  rmSync(folder, { recursive: true, force: true });
});

async function kill(): Promise<void> {
  const child = process_;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Starts the sandbox over the same folder; gives a client of it. */
async function start(): Promise<KubeClient> {
  const bin = resolve(import.meta.dirname, "startCli.ts");
  const flags = ["sandbox", "--simulate", "--supervised", "--state", join(folder, ".moorage")];
  const child = spawn(process.execPath, [bin, ...flags], { stdio: ["pipe", "pipe", "inherit"], cwd: folder });
  process_ = child;
  const kubeconfig = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as { type: string; message?: string; record?: { kubeconfig: string } };
      if (message.record !== undefined) done(message.record.kubeconfig);
      if (message.type === "failed") fail(new Error(message.message));
    });
    child.once("exit", () => fail(new Error("the sandbox stopped")));
  });
  return openKubeClient({ env: {}, home: "/nonexistent", kubeconfig }).client;
}

const text = (name: string): string => `${name} `.repeat(200);

test(`killed ${times} times while ${writers} clients write, the sandbox keeps every acknowledged object whole, and its versions only grow`, async () => {
  const acknowledged = new Set<string>();
  let newest = 0;
  for (let round = 0; round <= times; round += 1) {
    const client = await start();
    const { items, metadata } = await client.list(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace: "default" },
    );
    const version = Number(metadata.resourceVersion);
    expect(version).toBeGreaterThanOrEqual(newest);
    const found = new Map(
      items.map((item) => [item.metadata.name ?? "", item as { data?: { text?: string } }]),
    );
    expect([...acknowledged].filter((name) => !found.has(name))).toEqual([]);
    const torn = [...found].filter(([name, { data }]) => name.startsWith("w-") && data?.text !== text(name));
    expect(torn).toEqual([]);
    newest = version;
    if (round === times) break;
    const killing = new AbortController();
    const writing = Array.from({ length: writers }, async (_, writer) => {
      for (let i = 0; !killing.signal.aborted; i += 1) {
        const name = `w-${round}-${writer}-${i}`;
        try {
          const made: KubeObject = await client.create<KubeObject>({
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name, namespace: "default" },
            data: { text: text(name) },
          });
          acknowledged.add(name);
          newest = Math.max(newest, Number(made.metadata.resourceVersion));
        } catch (error) {
          if (!killing.signal.aborted) throw error;
        }
      }
    });
    // Each round at another moment; a prime step spreads them over the 60 ms.
    await sleep(10 + ((round * 37) % 60));
    killing.abort();
    await Promise.all([kill(), client.close(), ...writing]);
  }
  expect(acknowledged.size).toBeGreaterThan(times);
}, 600_000);
