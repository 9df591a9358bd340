import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { exchange, startSandboxTarget, type SandboxTarget } from "./ApiTarget.ts";
import { administrator, createApiServer } from "../../src/sandbox/api/index.ts";
import { readAnswer } from "./readAnswer.ts";
import { bytesOf, configMap, configMaps } from "./BadRequest.ts";

const mebibyte = 1024 * 1024;
let sandbox: SandboxTarget;
const open: Socket[] = [];

beforeAll(async () => {
  sandbox = await startSandboxTarget();
});
afterAll(async () => await sandbox.stop());
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

const request = (method: string, path: string, body?: string): Uint8Array =>
  bytesOf(
    { what: "", answer: "", method, path, ...(body === undefined ? {} : { body }) },
    sandbox.authorization,
  );

/** A connection that stays. */
async function connected(to: SandboxTarget = sandbox): Promise<TLSSocket> {
  const socket = await to.connect();
  socket.on("error", () => {});
  open.push(socket);
  return socket;
}

async function atMost(count: number, tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
  const left = [...tasks];
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (let task = left.pop(); task !== undefined; task = left.pop()) await task();
    }),
  );
}

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await done())) await sleep(20);
};
/** The server is done with it: a reset, or nothing more to come; maybe it was before anybody asked. */
const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed || socket.readableEnded) resolve();
    for (const event of ["end", "close"]) socket.once(event, resolve);
  });
const create = async (name: string, more?: string, to: SandboxTarget = sandbox): Promise<number> =>
  (await exchange(to, request("POST", configMaps, configMap(name, more)))).status;

/** Ten thousand, where a process may have as many connections open and some files besides. */
const count = Math.min(10_000, openFiles() - 300);

/** How many files this system lets a process have open: Node raises its own limit to that. */
function openFiles(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { hard?: unknown } } };
  const limit = Number(report.userLimits?.open_files?.hard);
  return limit > 0 ? limit : Infinity;
}

it(`serves ${count} watches at once, answers others meanwhile, and lets go of all when they are gone`, async () => {
  const before = (await sandbox.condition()).held;
  const sockets: TLSSocket[] = [];
  let heard = 0;
  await atMost(
    64,
    times(count, () => async () => {
      const socket = await connected();
      sockets.push(socket);
      socket.write(request("GET", `${configMaps}?watch=1&resourceVersion=0`));
      await once(socket, "data");
      socket.on("data", (part: Buffer) => {
        if (part.includes('"seen-by-all"')) heard += 1;
      });
    }),
  );
  expect(await create("seen-by-all")).toBe(201);
  await until(() => heard >= count);
  const during = (await sandbox.condition()).held;
  expect((during - before) / count).toBeLessThan(100 * 1024);
  for (const socket of sockets) socket.destroy();
  await until(async () => (await sandbox.condition()).held - before < 20 * mebibyte);
}, 400_000);

it("serves ten thousand watches of one process, and ends them when it stops", async () => {
  const api = createApiServer();
  let heard = 0;
  const watching = times(10_000, async () => {
    const { body } = await api.handle({
      method: "GET",
      path: configMaps,
      query: new URLSearchParams("watch=1&resourceVersion=0"),
      headers: {},
      body: new Uint8Array(),
      user: administrator,
    });
    for await (const part of body as AsyncIterable<string>) if (part.includes('"seen-by-all"')) heard += 1;
  });
  const path = configMaps;
  await until(async () => {
    const { status } = await api.transport().send({
      method: "POST",
      path,
      body: JSON.parse(configMap("seen-by-all")) as unknown,
    });
    return status === 409;
  });
  await until(() => heard >= watching.length);
  await api.close();
  await Promise.all(watching);
  expect(heard).toBe(10_000);
}, 300_000);

it("disconnects who watches and never reads, keeps little for them, and holds up nobody else", async () => {
  const before = (await sandbox.condition()).held;
  const sockets = await Promise.all(times(20, async () => await connected()));
  let closed = 0;
  for (const socket of sockets) {
    socket.pause();
    void ended(socket).then(() => (closed += 1));
    socket.write(request("GET", `${configMaps}?watch=1`));
  }
  const text = "x".repeat(900_000);
  expect(await create("large", `,"data":{"a":"${text}"}`)).toBe(201);
  const path = `${configMaps}/large`;
  // More than may wait here for each, and what the system keeps for a connection besides.
  for (let i = 0; i < 80; i += 1) {
    const body = configMap("large", `,"data":{"a":"${text}","b":"${i}"}`);
    expect((await exchange(sandbox, request("PUT", path, body))).status).toBe(200);
  }
  // What would have been written to all of them is more than a gigabyte.
  expect((await sandbox.condition()).held - before).toBeLessThan(200 * mebibyte);
  for (const socket of sockets) socket.resume();
  await until(() => closed === sockets.length);
  await until(async () => (await sandbox.condition()).held - before < 100 * mebibyte);
}, 300_000);

it("gives up on who never ends its request, its handshake or its headers, and serves others meanwhile", async () => {
  // A server of its own: its patience is too short for thousands of connections on a busy machine.
  const impatient = await startSandboxTarget({ headersTimeout: 4000 });
  const slow = await Promise.all(times(100, async () => await connected(impatient)));
  const silent = await Promise.all(
    times(100, async () => {
      const socket = connect(impatient.port, "127.0.0.1");
      socket.on("error", () => {});
      open.push(socket);
      await once(socket, "connect");
      return socket;
    }),
  );
  for (const socket of slow) socket.write("GET /version HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  const all = [...slow, ...silent].map(async (socket) => {
    socket.resume();
    await ended(socket);
  });
  expect(await create("meanwhile", undefined, impatient)).toBe(201);
  await Promise.all(all);
  expect(await create("afterwards", undefined, impatient)).toBe(201);
  await impatient.stop();
}, 300_000);

it("keeps hundreds of idle connections for little, and answers on each of them", async () => {
  const before = (await sandbox.condition()).held;
  const sockets: TLSSocket[] = [];
  await atMost(
    64,
    times(500, () => async () => {
      const socket = await connected();
      socket.write(request("GET", "/version"));
      await readAnswer(socket);
      sockets.push(socket);
    }),
  );
  expect((await sandbox.condition()).held - before).toBeLessThan(50 * mebibyte);
  for (const socket of sockets) socket.write(request("GET", "/version"));
  const answers = await Promise.all(sockets.map(async (socket) => (await readAnswer(socket)).status));
  expect(new Set(answers)).toEqual(new Set([200]));
});

it("writes an object of 100,000 fields by several managers, and answers others between any two writes", async () => {
  const keys = (value: string): string =>
    `,"data":{${times(100_000, (i) => `"k${i}":${JSON.stringify(value)}`).join(",")}}`;
  const path = `${configMaps}/of-many-fields`;
  const apply = bytesOf(
    {
      what: "",
      answer: "",
      method: "PATCH",
      path: `${path}?fieldManager=four&force=true`,
      headers: { "Content-Type": "application/apply-patch+yaml" },
      body: configMap("of-many-fields", keys("z")),
    },
    sandbox.authorization,
  );
  // As a real server: with the fields' owners it is larger than etcd takes. Updates then go without them, an apply is refused.
  const writes: readonly [number, Uint8Array][] = [
    [201, request("POST", `${configMaps}?fieldManager=one`, configMap("of-many-fields", keys("")))],
    [200, request("PUT", `${path}?fieldManager=two`, configMap("of-many-fields", keys("x")))],
    [500, apply],
    [200, request("PUT", `${path}?fieldManager=three`, configMap("of-many-fields", keys("y")))],
  ];
  const over = new AbortController();
  let answered = 0;
  const others = (async () => {
    for (; !over.signal.aborted; answered += 1)
      expect((await exchange(sandbox, request("GET", `${configMaps}?limit=1`))).status).toBe(200);
  })();
  for (const [status, write] of writes) {
    const before = answered;
    expect((await exchange(sandbox, write)).status).toBe(status);
    await until(() => answered > before);
  }
  over.abort();
  await others;
}, 300_000);

it("runs after all that", async () => {
  const { polluted, faults } = await sandbox.condition();
  expect({ polluted, faults, exit: sandbox.child.exitCode }).toEqual({
    polluted: [],
    faults: [],
    exit: null,
  });
});
