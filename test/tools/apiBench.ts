/**
 * Where the API server stands, by hand: `node test/tools/apiBench.ts`. One keep-alive HTTPS client creates objects in a server with a
 * journal on disk; then a watch follows 500 writes a second. The server is in this process, so both share one thread: a lower bound.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "undici";
import { sqliteJournal } from "../../src/sandbox/api/store/sqliteJournal.ts";
import { Store } from "../../src/sandbox/api/index.ts";
import { startApiOverHttps } from "./apiOverHttps.ts";

const folder = mkdtempSync(join(tmpdir(), "moorage-bench-"));
const sandbox = await startApiOverHttps({
  store: new Store({ journal: sqliteJournal(join(folder, "objects.sqlite")) }),
});
const client = (pipelining: number): Client =>
  new Client(sandbox.server, { connect: { ca: sandbox.authority }, pipelining });
const headers = { authorization: `Bearer ${sandbox.token}`, "content-type": "application/json" };
const path = "/api/v1/namespaces/default/configmaps";

async function create(on: Client, name: string): Promise<void> {
  const body = JSON.stringify({
    metadata: { name, annotations: { sent: String(performance.now()) } },
    data: { text: "x".repeat(200) },
  });
  const response = await on.request({ method: "POST", path, headers, body });
  const text = await response.body.text();
  if (response.statusCode !== 201) throw new Error(text);
}

const creator = client(1);
for (const [label, count] of [
  ["warm-up", 1000],
  ["creates", 4000],
] as const) {
  const from = performance.now();
  for (let i = 0; i < count; i++) await create(creator, `${label}-${i}`);
  console.log(
    `${label}: ${((count * 1000) / (performance.now() - from)).toFixed(0)} a second, one at a time`,
  );
}

const watcher = client(1);
const watching = await watcher.request({
  method: "GET",
  path: `${path}?watch=true&resourceVersion=${sandbox.api.store.revision}`,
  headers,
});
const delays: number[] = [];
const reading = (async () => {
  let rest = "";
  for await (const part of watching.body) {
    const lines = (rest + String(part)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { object } = JSON.parse(line) as { object: { metadata: { annotations: { sent: string } } } };
      delays.push(performance.now() - Number(object.metadata.annotations.sent));
    }
    if (delays.length === 2000) return;
  }
})();
const writer = client(8);
const began = performance.now();
const writes: Promise<void>[] = [];
for (let i = 0; i < 2000; i++) {
  const wait = began + i * 2 - performance.now();
  if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  writes.push(create(writer, `paced-${i}`));
}
await Promise.all([...writes, reading]);
delays.sort((a, b) => a - b);
console.log(
  `watch at 500 writes a second: median ${delays[1000]?.toFixed(1)} ms, p99 ${delays[1980]?.toFixed(1)} ms`,
);
console.log(`resident: ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB, client included`);
await Promise.all([creator, watcher, writer].map((one) => one.destroy()));
await sandbox.close();
rmSync(folder, { recursive: true, force: true });
