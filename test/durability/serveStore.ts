import { enableCompileCache } from "node:module";

/**
 * What of a sandbox keeps objects, by itself: the journal, the store, the API server, HTTPS. It starts in a third of the time, so that it can be
 * killed often. Arguments: the folder, and a file with a certificate (JSON: certificate, key, authority).
 */
enableCompileCache();
const { readFileSync } = await import("node:fs");
const { createApiServer, administrator } = await import("../../src/sandbox/api/index.ts");
const { tokenReader } = await import("../../src/sandbox/api/https/Authenticator.ts");
const { startHttpsServer } = await import("../../src/sandbox/api/https/httpsServer.ts");
const { sqliteJournal } = await import("../../src/sandbox/api/store/sqliteJournal.ts");
const { Store } = await import("../../src/sandbox/api/store/Store.ts");
const [folder = "", credentials = ""] = process.argv.slice(2);
const { authority, ...certificate } = JSON.parse(readFileSync(credentials, "utf8")) as {
  certificate: string;
  key: string;
  authority: string;
};
// So few that a log of a second is often killed on its way into the main file.
const journal = sqliteJournal(`${folder}/objects.sqlite`, { checkpointPages: 100 });
const api = createApiServer({ store: new Store({ journal }) });
const server = await startHttpsServer({
  handle: api.handle,
  certificate,
  authorityCertificate: authority,
  tokens: [tokenReader("test", administrator)],
});
process.stdout.write(`${server.port}\n`);
// Nothing that was killed stays behind when the test itself is.
process.stdin.resume().once("close", () => process.exit());
