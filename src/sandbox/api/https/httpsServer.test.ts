import { request as httpsRequest, type RequestOptions } from "node:https";
import { expect, test, beforeAll, afterAll } from "vitest";
import { administrator, createApiServer, type ApiServer } from "../index.ts";
import { StorageFull, memoryJournal } from "../store/Journal.ts";
import { Store } from "../store/Store.ts";
import { tokenReader } from "./Authenticator.ts";
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type KeyPair,
} from "./certificates.ts";
import { startHttpsServer, type HttpsServer } from "./httpsServer.ts";

let full = false;
let api: ApiServer;
let server: HttpsServer;
let authority: KeyPair;

beforeAll(async () => {
  const journal = memoryJournal();
  const store = new Store({
    journal: {
      ...journal,
      put(row) {
        if (full) throw new StorageFull("the disk is full");
        journal.put(row);
      },
    },
  });
  api = createApiServer({ store });
  authority = await createAuthority("test", Date.now());
  server = await startHttpsServer({
    handle: api.handle,
    certificate: await issueServerCertificate(authority, Date.now()),
    authorityCertificate: authority.certificate,
    tokens: [tokenReader("secret", administrator)],
  });
});
afterAll(async () => {
  await server.close();
  await api.close();
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function send(path: string, options: RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: "127.0.0.1", port: server.port, path, ca: authority.certificate, agent: false, ...options },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
const bearer = { authorization: "Bearer secret" };
const path = "/api/v1/namespaces/default/configmaps";
const create = (body: string | Buffer, type = "application/json"): Promise<Answer> =>
  send(path, { method: "POST", headers: { ...bearer, "content-type": type } }, body);

test("lets anybody ask whether it is well, and nothing else", async () => {
  for (const open of ["/readyz", "/livez", "/healthz", "/version"])
    expect([open, (await send(open)).status]).toEqual([open, 200]);
  expect(await send("/api/v1/secrets")).toMatchObject({ status: 403 });
  expect((await send("/api/v1/secrets", { headers: { authorization: "Bearer wrong" } })).body).toContain(
    '"reason":"Unauthorized"',
  );
});

test("knows a user by token and by client certificate, and no certificate of another authority", async () => {
  expect((await send(path, { headers: bearer })).status).toBe(200);
  const own = await issueClientCertificate(
    authority,
    { name: "ada", groups: ["analysts", "system:masters"] },
    Date.now(),
  );
  const whoami = (credentials: KeyPair): Promise<Answer> =>
    send(
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      {
        method: "POST",
        cert: credentials.certificate,
        key: credentials.key,
        headers: { "content-type": "application/json" },
      },
      JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }),
    );
  expect(JSON.parse((await whoami(own)).body)).toMatchObject({
    status: { userInfo: { username: "ada", groups: ["analysts", "system:masters", "system:authenticated"] } },
  });
  const other = await createAuthority("other", Date.now());
  const foreign = await issueClientCertificate(
    other,
    { name: "eve", groups: ["system:masters"] },
    Date.now(),
  );
  expect((await whoami(foreign)).status).toBe(401);
});

test("refuses what is too large, what is no JSON and what it cannot read, and goes on", async () => {
  expect(await create("x".repeat(4 * 1024 * 1024))).toMatchObject({ status: 413 });
  expect(await create("{nonsense")).toMatchObject({ status: 400 });
  expect(await create("[]")).toMatchObject({ status: 400 });
  expect(await create("<a/>", "text/xml")).toMatchObject({ status: 415 });
  expect(await send("/api/v1/%zz", { headers: bearer })).toMatchObject({ status: 400 });
  expect(await create(JSON.stringify({ metadata: { name: "fine" } }))).toMatchObject({ status: 201 });
});

test("takes YAML as it takes JSON", async () => {
  expect(await create("metadata:\n  name: from-yaml\ndata:\n  a: b\n", "application/yaml")).toMatchObject({
    status: 201,
  });
});

test("keeps keys that are dangerous to programs in JavaScript as plain data", async () => {
  const answer = await create('{"metadata":{"name":"polluted"},"data":{"__proto__":"x","constructor":"y"}}');
  expect(answer.status).toBe(201);
  expect(answer.body).toContain('"__proto__":"x"');
  await send(
    `${path}/polluted`,
    { method: "PATCH", headers: { ...bearer, "content-type": "application/merge-patch+json" } },
    '{"data":{"__proto__":"z"},"__proto__":{"polluted":true}}',
  );
  expect((await send(`${path}/polluted`, { headers: bearer })).body).toContain('"__proto__":"z"');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("answers a full disk with a Status, keeps nothing of the write, and goes on", async () => {
  full = true;
  const refused = await create(JSON.stringify({ metadata: { name: "late" } }));
  full = false;
  expect(refused.status).toBe(507);
  expect(JSON.parse(refused.body)).toMatchObject({ kind: "Status", status: "Failure" });
  expect((await send(`${path}/late`, { headers: bearer })).status).toBe(404);
  expect((await create(JSON.stringify({ metadata: { name: "late" } }))).status).toBe(201);
});

test("compresses large answers for those who can read them", async () => {
  await create(JSON.stringify({ metadata: { name: "large" }, data: { text: "x".repeat(200_000) } }));
  const answer = await send(`${path}/large`, { headers: { ...bearer, "accept-encoding": "gzip" } });
  expect(answer.headers["content-encoding"]).toBe("gzip");
});

test("says in words that its port is taken", async () => {
  await expect(
    startHttpsServer({
      handle: api.handle,
      certificate: await issueServerCertificate(authority, Date.now()),
      authorityCertificate: authority.certificate,
      tokens: [],
      port: server.port,
    }),
  ).rejects.toMatchObject({ code: "PortInUse" });
});

test("answers as ever to who asks for another protocol where none is spoken", async () => {
  const asking = (protocol: string) => ({ ...bearer, connection: "Upgrade", upgrade: protocol });
  for (const protocol of ["h2c", "websocket", "SPDY/3.1"]) {
    const read = await send("/api/v1/namespaces/default", { headers: asking(protocol) });
    expect([read.status, (JSON.parse(read.body) as { kind: string }).kind]).toEqual([200, "Namespace"]);
  }
  expect((await send(path, { headers: { connection: "Upgrade", upgrade: "h2c" } })).status).toBe(403);
  const stranger = { authorization: "Bearer wrong", connection: "Upgrade", upgrade: "websocket" };
  expect((await send(path, { headers: stranger })).status).toBe(401);
  const exec = "/api/v1/namespaces/default/pods/nobody/exec?command=true";
  expect((await send(exec, { headers: asking("websocket") })).status).toBe(404);
  const written = await send(path, { method: "POST", headers: asking("h2c") }, "{}");
  expect(written.status).toBe(400);
  expect(written.body).toContain("a request that asks for an upgrade has no body");
});
