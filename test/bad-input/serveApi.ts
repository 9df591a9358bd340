/**
 * The sandbox's API server over HTTPS as a process of its own, so that its end and its memory can be seen. It prints one line with where it is, and
 * one for each line that it is sent: how much it holds, and what was added to the prototype that all objects share.
 */
import { createInterface } from "node:readline";
import { administrator, createApiServer } from "../../src/sandbox/api/index.ts";
import { tokenReader } from "../../src/sandbox/api/https/Authenticator.ts";
import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { startHttpsServer } from "../../src/sandbox/api/https/httpsServer.ts";

const faults: string[] = [];
const api = createApiServer({
  log: (text, error) => faults.push(`${text}: ${String((error as Error).stack)}`),
});
const authority = await createAuthority("bad-input", Date.now());
const server = await startHttpsServer({
  handle: api.handle,
  certificate: await issueServerCertificate(authority, Date.now()),
  authorityCertificate: authority.certificate,
  tokens: [tokenReader("test", administrator)],
  ...(JSON.parse(process.argv[2] ?? "{}") as { headersTimeout?: number }),
});
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
say({ port: server.port, ca: authority.certificate });
// Nothing of it stays behind when the test is killed.
const asked = createInterface({ input: process.stdin }).once("close", () => process.exit());
for await (const _line of asked) {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const polluted: string[] = [];
  for (const key in {}) polluted.push(key);
  say({ held: heapUsed + external, rss, polluted, faults: faults.splice(0) });
}
