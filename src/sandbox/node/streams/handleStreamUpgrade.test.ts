import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PassThrough, Writable, type Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { ExecCall, StreamCall } from "../../api/NodeBackend.ts";
import type { OutputSink, ProcessExit } from "../process/startProcess.ts";
import { handleStreamUpgrade } from "./handleStreamUpgrade.ts";
import type { StreamTarget, TerminalSize } from "./StreamTarget.ts";

const call: ExecCall = {
  kind: "exec",
  container: "main",
  command: ["x"],
  stdin: true,
  stdout: true,
  stderr: true,
  tty: false,
};

const close: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of close.splice(0).toReversed()) await step();
});

/** A process that a test plays itself. */
interface Played {
  readonly sink: OutputSink;
  readonly sizes: TerminalSize[];
  hungUp: boolean;
  readonly end: (exit: ProcessExit) => void;
}

/** A server that serves one call, with a process that is played. `stdin` is what that process has for its input. */
async function serve(options: { call?: StreamCall; stdin?: Writable; port?: () => Duplex } = {}) {
  const started = Promise.withResolvers<Played>();
  const target: StreamTarget = {
    name: "default/web",
    // Sleeps pass ten times faster.
    clock: {
      now: () => 0,
      sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, milliseconds / 10);
          signal?.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(new Error("aborted"));
          });
        }),
    },
    refusal: async () => undefined,
    async exec(_call, sink) {
      const { promise, resolve } = Promise.withResolvers<ProcessExit>();
      const played: Played = { sink, sizes: [], hungUp: false, end: resolve };
      started.resolve(played);
      return {
        stdin: options.stdin,
        ended: promise,
        resize: (size) => void played.sizes.push(size),
        hangUp: () => {
          played.hungUp = true;
          resolve({ exitCode: 137 });
        },
      };
    },
    attach: () => Promise.reject(new Error("not played")),
    connect: async () => options.port?.() ?? Promise.reject(new Error("connect: connection refused")),
  };
  const server = createServer();
  const over = Promise.withResolvers<void>();
  server.on("upgrade", (asked: IncomingMessage, socket: Socket, head: Buffer) => {
    close.push(() => socket.destroy());
    void handleStreamUpgrade({ request: asked, socket, head }, options.call ?? call, target).then(
      over.resolve,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { port, started: started.promise, over: over.promise };
}

async function open(
  port: number,
  protocols?: string | string[],
): Promise<{ socket: WebSocket; messages: Buffer[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols);
  const messages: Buffer[] = [];
  socket.on("message", (data) => messages.push(data as Buffer));
  socket.on("error", () => {});
  close.push(() => socket.terminate());
  await once(socket, "open");
  return { socket, messages };
}

const channel = (messages: readonly Buffer[], number: number): string =>
  Buffer.concat(
    messages.filter(([first]) => first === number).map((message) => message.subarray(1)),
  ).toString();

describe("a command over a websocket", () => {
  it("has its channels, and tells how it ended in a Status", async () => {
    const stdin = new PassThrough();
    const { port, started, over } = await serve({ stdin });
    const { socket, messages } = await open(port, "v5.channel.k8s.io");
    const { sink, end } = await started;
    socket.send(Buffer.from("\0typed"));
    socket.send(Buffer.of(255, 0));
    const typed = [];
    for await (const chunk of stdin) typed.push(chunk as Buffer);
    expect(Buffer.concat(typed).toString()).toBe("typed");
    await sink("stdout", Buffer.from("out"));
    await sink("stderr", Buffer.from("err"));
    end({ exitCode: 3 });
    await Promise.all([once(socket, "close"), over]);
    expect([channel(messages, 1), channel(messages, 2)]).toEqual(["out", "err"]);
    expect(JSON.parse(channel(messages, 3))).toEqual({
      metadata: {},
      status: "Failure",
      reason: "NonZeroExitCode",
      message: "command terminated with non-zero exit code: exit status 3",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
    });
  });

  it.each<[string, string | undefined, string, string]>([
    ["the fourth version, as text", "v4.base64.channel.k8s.io", `1${btoa("out")}`, "NonZeroExitCode"],
    ["the first version, whose errors are words", "channel.k8s.io", "\u0001out", "exit status 3"],
    ["a client that names no version", undefined, "\u0001out", "exit status 3"],
  ])("knows %s", async (_what, protocol, output, error) => {
    const { port, started } = await serve();
    const { socket, messages } = await open(port, protocol);
    const { sink, end } = await started;
    await sink("stdout", Buffer.from("out"));
    end({ exitCode: 3 });
    await once(socket, "close");
    expect(socket.protocol).toBe(protocol ?? "");
    expect(messages.map(String)).toContain(output);
    const last = String(messages.at(-1));
    expect(protocol?.includes("base64") === true ? atob(last.slice(1)) : last).toContain(error);
  });

  it("hears of sizes, however they are cut", async () => {
    const { port, started } = await serve({ call: { ...call, tty: true } });
    const { socket } = await open(port, "v5.channel.k8s.io");
    const { sizes, end } = await started;
    socket.send(Buffer.from(`\u0004{"Width":80,"Hei`));
    socket.send(Buffer.from(`\u0004ght":24}\n{"Width":"x"}{"Width":100,"Height":50}`));
    socket.once("pong", () => end({ exitCode: 0 }));
    socket.ping();
    await once(socket, "close");
    expect(sizes).toEqual([
      { columns: 80, rows: 24 },
      { columns: 100, rows: 50 },
    ]);
  });

  it("reads no more than its process does, and still hears that its client has gone", async () => {
    // Never done with what it was given first.
    const stdin = new Writable({ write: () => {} });
    const { port, started, over } = await serve({ stdin });
    const { socket } = await open(port, "v5.channel.k8s.io");
    const played = await started;
    const message = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < 60_000_000; sent += message.length) socket.send(message);
    let before = -1;
    // Until nothing moves any more.
    while (before !== socket.bufferedAmount) {
      before = socket.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(before).toBeGreaterThan(30_000_000);
    expect(played.hungUp).toBe(false);
    socket.terminate();
    await over;
    expect(played.hungUp).toBe(true);
  });

  it("is refused in a protocol that is not known", async () => {
    const { port, over } = await serve();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ["v9.channel.k8s.io"]);
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    // It may come after its headers.
    let body = "";
    for await (const chunk of response) body += String(chunk);
    expect(body).toContain("requested protocol(s) are not supported: [v9.channel.k8s.io]");
    await over;
  });
});

describe("an upgrade", () => {
  it.each<[string, Record<string, string>, number, string]>([
    ["something else", { upgrade: "h2c" }, 400, "unable to upgrade: missing upgrade headers in request\n"],
    [
      "SPDY without a protocol",
      { upgrade: "SPDY/3.1" },
      400,
      "unable to upgrade: header X-Stream-Protocol-Version does not exist in request\n",
    ],
    [
      "SPDY with an unknown one",
      { upgrade: "SPDY/3.1", "x-stream-protocol-version": "v9" },
      403,
      "unable to upgrade: unable to negotiate protocol: client supports [v9], server accepts [v5.channel.k8s.io v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n",
    ],
  ])("to %s is refused", async (_what, headers, status, text) => {
    const { port } = await serve();
    const asked = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      headers: { connection: "Upgrade", ...headers },
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    expect([response.statusCode, body]).toEqual([status, text]);
  });
});

describe("ports over the channels of a websocket", () => {
  it("are announced on both channels, and what goes wrong is said on the second", async () => {
    const { port } = await serve({ call: { kind: "portforward", ports: [80, 8443] } });
    const { socket, messages } = await open(port, "v4.channel.k8s.io");
    await once(socket, "close");
    expect(
      messages
        .slice(0, 4)
        .map((message) => message.toString("hex"))
        .toSorted(),
    ).toEqual(["005000", "015000", "02fb20", "03fb20"]);
    expect(channel(messages, 1)).toContain(
      "error forwarding port 80 to pod default/web: connect: connection refused",
    );
  });

  it("have to be named", async () => {
    const { port } = await serve({ call: { kind: "portforward", ports: [] } });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ["v4.channel.k8s.io"]);
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(400);
    response.destroy();
  });
});
