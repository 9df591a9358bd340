import { setTimeout as sleep } from "node:timers/promises";
import { openKubeClient, type KubeClient } from "../src/kube/index.ts";
import { median, percentile, type Row } from "./Row.ts";
import { residentMegabytes, startSandboxProcess } from "./sandboxProcess.ts";

const configMap = (name: string, text = "x") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { text, more: "y".repeat(100) },
});

/** Start, memory, creates through one client, and how late watch events are under a steady load of writes. */
export async function sandbox(): Promise<Row[]> {
  const starts: number[] = [];
  const memory: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    const running = await startSandboxProcess();
    starts.push(running.startedIn);
    await sleep(2_000);
    memory.push(residentMegabytes(running.pid));
    await running.stop();
  }
  const running = await startSandboxProcess();
  const { client } = openKubeClient({ env: {}, home: "/nonexistent", kubeconfig: running.kubeconfig });
  try {
    const rate = await createsPerSecond(client);
    const late = await watchLateness(client);
    return [
      {
        what: "sandbox: process start until kubeconfig written and `/readyz` ok",
        measured: `${median(starts).toFixed(0)} ms`,
        mustReach: "1 s",
        reached: median(starts) <= 1_000,
      },
      {
        what: "sandbox: resident memory idle",
        measured: `${median(memory).toFixed(0)} MB`,
        mustReach: "150 MB",
        reached: median(memory) <= 150,
      },
      {
        what: "sandbox: creates through one keep-alive client, one after the other",
        measured: `${rate.toFixed(0)} a second`,
        mustReach: "2,000 a second",
        reached: rate >= 2_000,
      },
      {
        what: "sandbox: watch event p99 at 500 writes a second",
        measured: `${percentile(late, 0.99).toFixed(1)} ms (median ${median(late).toFixed(1)} ms)`,
        mustReach: "20 ms",
        reached: percentile(late, 0.99) <= 20,
      },
    ];
  } finally {
    await client.close();
    await running.stop();
  }
}

async function createsPerSecond(client: KubeClient): Promise<number> {
  for (let i = 0; i < 1_000; i += 1) await client.create(configMap(`warm-${i}`));
  const rates: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const count = 4_000;
    const started = performance.now();
    for (let i = 0; i < count; i += 1) await client.create(configMap(`c-${round}-${i}`));
    rates.push(count / ((performance.now() - started) / 1_000));
  }
  return median(rates);
}

/** Milliseconds from sending a write until its event has arrived at a watcher, for 10 s of 500 writes a second. */
async function watchLateness(client: KubeClient): Promise<number[]> {
  const stop = new AbortController();
  const sent = new Map<string, number>();
  const late: number[] = [];
  const { metadata } = await client.list({ apiVersion: "v1", kind: "Secret" });
  const watching = (async () => {
    const options = { namespace: "default", resourceVersion: metadata.resourceVersion, signal: stop.signal };
    for await (const event of client.watch({ apiVersion: "v1", kind: "Secret" }, options)) {
      const at = sent.get(event.object.metadata.name ?? "");
      if (event.type === "ADDED" && at !== undefined) late.push(performance.now() - at);
    }
  })().catch(() => {});
  await sleep(200);
  const writes: Promise<unknown>[] = [];
  const started = performance.now();
  for (let i = 0; i < 5_000; i += 1) {
    const due = started + i * 2;
    if (performance.now() < due) await sleep(Math.max(0, due - performance.now()));
    const name = `w-${i}`;
    sent.set(name, performance.now());
    writes.push(
      client.create({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "default" }, data: {} }),
    );
  }
  await Promise.all(writes);
  await sleep(300);
  stop.abort();
  await watching;
  return late;
}
