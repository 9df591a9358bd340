import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ClusterConnection } from "./clusterConnection.ts";
import { httpTransport, type HttpTransportOptions } from "./httpTransport.ts";
import type { KubeRequest, Transport } from "./Transport.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const listen = async (server: Server | TcpServer): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
};
const connectTo = (
  server: string,
  more: Partial<ClusterConnection> = {},
  options: HttpTransportOptions = {},
): Transport => {
  const transport = httpTransport(
    {
      server,
      description: "test",
      credentials: async () => ({ headers: { authorization: "Bearer t" } }),
      forgetCredentials: () => false,
      ...more,
    },
    options,
  );
  cleanups.push(() => transport.close());
  return transport;
};
const start = async (listener: RequestListener, more: Partial<ClusterConnection> = {}): Promise<Transport> =>
  connectTo(`http://127.0.0.1:${await listen(createServer(listener))}`, more);
const get = (path = "/api"): KubeRequest => ({ method: "GET", path });
const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};
const failureOf = async (run: Promise<unknown>): Promise<Record<string, unknown>> => {
  try {
    await run;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error("nothing was thrown");
};

describe("httpTransport", () => {
  it("sends path, query, headers and an object as JSON", async () => {
    const seen: unknown[] = [];
    const transport = await start(async (request, response) => {
      seen.push(
        request.method,
        request.url,
        request.headers["authorization"],
        request.headers["content-type"],
      );
      seen.push(await bodyOf(request));
      response.writeHead(201, { "x-one": "1" }).end('{"kind":"Status"}');
    });
    const response = await transport.send({
      method: "PATCH",
      path: "/apis/apps/v1/namespaces/n/deployments/d",
      query: { fieldManager: "moorage:a.b", force: true, dryRun: undefined },
      headers: { "content-type": "application/apply-patch+yaml" },
      body: { a: "ü" },
    });
    expect(response.status).toBe(201);
    expect(response.headers["x-one"]).toBe("1");
    expect(await response.json()).toEqual({ kind: "Status" });
    expect(seen).toEqual([
      "PATCH",
      "/apis/apps/v1/namespaces/n/deployments/d?fieldManager=moorage%3Aa.b&force=true",
      "Bearer t",
      "application/apply-patch+yaml",
      '{"a":"ü"}',
    ]);
  });

  it("sends the body of a DELETE, and one header for each item of a list", async () => {
    const seen: unknown[] = [];
    const transport = await start(
      async (request, response) => {
        seen.push(await bodyOf(request), request.headersDistinct["impersonate-group"]);
        response.end("{}");
      },
      { credentials: async () => ({ headers: { "impersonate-group": ["a", "b"] } }) },
    );
    await (await transport.send({ method: "DELETE", path: "/api", body: { kind: "DeleteOptions" } })).json();
    expect(seen).toEqual(['{"kind":"DeleteOptions"}', ["a", "b"]]);
  });

  it("keeps the path of a server behind a proxy", async () => {
    let url: string | undefined;
    const port = await listen(
      createServer((request, response) => {
        url = request.url;
        response.end("{}");
      }),
    );
    await (await connectTo(`http://127.0.0.1:${port}/k8s/clusters/c-1`).send(get("/api/v1/pods"))).text();
    expect(url).toBe("/k8s/clusters/c-1/api/v1/pods");
  });

  it("reuses connections for requests one after the other", async () => {
    const ports = new Set<number | undefined>();
    const transport = await start((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });
    for (let count = 0; count < 20; count += 1) await (await transport.send(get())).json();
    // A connection is free a moment after its answer was read, so there may be a second.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("gives lines as they arrive, cut anywhere, and ends with the server", async () => {
    const pieces = [
      Buffer.from('{"a":1}\n{"b":"'),
      Buffer.from("ü").subarray(0, 1),
      Buffer.from("ü").subarray(1),
      Buffer.from('"}\n{"c":3}'),
    ];
    const transport = await start(async (_, response) => {
      for (const piece of pieces) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const response = await transport.send({ ...get(), query: { watch: true } });
    const lines: string[] = [];
    for await (const line of response.lines()) lines.push(line);
    expect(lines).toEqual(['{"a":1}', '{"b":"ü"}', '{"c":3}']);
  });

  it("doesn't let watches take the connections of requests", async () => {
    const transport = await start((request, response) => {
      if (request.url?.includes("watch")) response.write("\n");
      else response.end("{}");
    });
    const stop = new AbortController();
    const watches = await Promise.all(
      Array.from({ length: 40 }, () =>
        transport.send({ ...get(), query: { watch: true }, signal: stop.signal }),
      ),
    );
    expect((await transport.send(get())).status).toBe(200);
    stop.abort();
    for (const watch of watches) await failureOf(watch.text());
  });

  it("rejects with the signal's reason when it fires, before and while the answer comes", async () => {
    const transport = await start((_, response) => response.write("one\n"));
    const stop = new AbortController();
    const response = await transport.send({ ...get(), query: { watch: true }, signal: stop.signal });
    const reason = new Error("enough");
    const lines = response.lines()[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: "one" });
    stop.abort(reason);
    expect(await failureOf(lines.next() as Promise<unknown>)).toBe(reason);
    expect(await failureOf(transport.send({ ...get(), signal: stop.signal }))).toBe(reason);
  });

  it("signs in anew once when the server doesn't accept the credentials any more", async () => {
    let token = "old";
    const transport = await start(
      (request, response) =>
        response.writeHead(request.headers["authorization"] === "Bearer new" ? 200 : 401).end("{}"),
      {
        credentials: async () => ({ headers: { authorization: `Bearer ${token}` } }),
        forgetCredentials() {
          token = "new";
          return true;
        },
      },
    );
    expect((await transport.send(get())).status).toBe(200);
  });

  it("says that the connection was refused, and that nothing was sent", async () => {
    const server = createServer();
    const port = await listen(server);
    await cleanups.pop()!();
    const error = await failureOf(connectTo(`http://127.0.0.1:${port}`).send(get()));
    expect(error).toMatchObject({ code: "ApiUnreachable", mayHaveBeenProcessed: false });
    expect(error["message"]).toBe(
      `The API server http://127.0.0.1:${port} can't be reached: the connection was refused.`,
    );
  });

  it("says that a connection broke, and that the request may have been carried out", async () => {
    const transport = await start((request) => request.socket.destroy());
    expect(await failureOf(transport.send(get()))).toMatchObject({
      code: "ApiUnreachable",
      mayHaveBeenProcessed: true,
    });
  });

  it("says that the server took the request and is silent, or stopped in the middle of its answer", async () => {
    const port = await listen(
      createServer((request, response) => {
        if (request.url === "/begun") response.writeHead(200).write("{");
      }),
    );
    const patient = (headersTimeout: number) => connectTo(`http://127.0.0.1:${port}`, {}, { headersTimeout });
    const silent = await failureOf(patient(100).send(get()));
    expect(silent).toMatchObject({ timedOut: true, mayHaveBeenProcessed: true });
    expect(silent["message"]).toContain("it accepted the request but did not answer in time");
    // Long enough for the beginning, also where this process has to wait for its turn.
    const begun = await failureOf((await patient(2000).send(get("/begun"))).text());
    expect(begun).toMatchObject({ timedOut: true, mayHaveBeenProcessed: true });
    expect(begun["message"]).toContain("its answer stopped midway");
  });

  it("says that nothing was sent when a handshake does not come to its end", async () => {
    const port = await listen(createTcpServer());
    const error = await failureOf(
      connectTo(`https://127.0.0.1:${port}`, {}, { connectTimeout: 100 }).send(get()),
    );
    expect(error).toMatchObject({ code: "ApiUnreachable", mayHaveBeenProcessed: false });
    expect(error["message"]).toContain("it did not answer in time");
  });

  it("ends what is under way when it is closed, also what waits for a connection", async () => {
    const asked = Promise.withResolvers<void>();
    const port = await listen(createServer(() => asked.resolve()));
    const transport = connectTo(`http://127.0.0.1:${port}`, {}, { connections: 1 });
    const ended = Promise.all([failureOf(transport.send(get())), failureOf(transport.send(get()))]);
    await asked.promise;
    await transport.close();
    for (const error of await ended) expect(error).toMatchObject({ code: "ApiUnreachable" });
  });

  it("says that an answer broke off", async () => {
    const transport = await start((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.destroy());
    });
    const response = await transport.send(get());
    expect(await failureOf(response.json())).toMatchObject({ code: "ApiUnreachable" });
  });

  it("says that a page is no answer of an API server", async () => {
    const transport = await start((_, response) => response.end("<html>"));
    const error = await failureOf((await transport.send(get())).json());
    expect(error["message"]).toContain("not JSON");
  });
});

const certificate = async (): Promise<{ cert: string; key: string }> => {
  // What @peculiar/x509 is built on needs it to be there first.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=kube",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "kube.example.org" }])],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: made.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
};

const serve = async (): Promise<{ server: string; ca: string }> => {
  const { cert, key } = await certificate();
  const port = await listen(createTlsServer({ cert, key }, (_, response) => response.end("{}")));
  return { server: `https://127.0.0.1:${port}`, ca: cert };
};

describe("TLS", () => {
  it("speaks through a proxy, that of the kubeconfig or of the environment", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url);
      const upstream = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    const { server, ca } = await serve();
    const port = Number(new URL(server).port);
    const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
    const environmentProxy = { httpsProxy: proxyUrl, httpProxy: proxyUrl, noProxy: "" };
    for (const more of [{ proxyUrl }, { environmentProxy }]) {
      const response = await connectTo("https://kube.example.org:6443", { ca, ...more }).send(get());
      expect(await response.json()).toEqual({});
    }
    expect(asked).toEqual(["kube.example.org:6443", "kube.example.org:6443"]);
  });

  it.each([
    [
      "that of the kubeconfig",
      (port: number) => ({ proxyUrl: `http://ada:canary@127.0.0.1:${port}` }),
      (port: number) => `The proxy http://127.0.0.1:${port} on the way to the API server https://kube.`,
    ],
    [
      "SOCKS of the kubeconfig",
      (port: number) => ({ proxyUrl: `socks5://127.0.0.1:${port}` }),
      (port: number) => `The proxy socks5://127.0.0.1:${port} on the way to the API server https://kube.`,
    ],
    [
      "that of the environment",
      (port: number) => ({
        environmentProxy: { httpsProxy: `http://ada:canary@127.0.0.1:${port}`, httpProxy: "", noProxy: "" },
      }),
      (port: number) => `The proxy http://127.0.0.1:${port} on the way to the API server https://kube.`,
    ],
    [
      "none, past that of the environment",
      (port: number) => ({
        server: `https://127.0.0.1:${port}`,
        environmentProxy: { httpsProxy: "http://127.0.0.1:2", httpProxy: "", noProxy: "127.0.0.1" },
      }),
      (port: number) => `The API server https://127.0.0.1:${port} can't be reached`,
    ],
  ])("names a proxy that is not there, and no password of it: %s", async (_what, proxyAt, says) => {
    const server = createServer();
    const port = await listen(server);
    await cleanups.pop()!();
    const error = await failureOf(connectTo("https://kube.invalid:6443", proxyAt(port)).send(get()));
    expect(error).toMatchObject({ code: "ApiUnreachable", mayHaveBeenProcessed: false });
    expect(error["message"]).toContain(says(port));
    expect(`${String(error["message"])} ${String(error["hint"])}`).not.toContain("canary");
  });

  it("trusts the authority of the kubeconfig, under the name it gives", async () => {
    const { server, ca } = await serve();
    expect((await connectTo(server, { ca, tlsServerName: "kube.example.org" }).send(get())).status).toBe(200);
  });

  it("can be told not to verify", async () => {
    const { server } = await serve();
    expect((await connectTo(server, { insecureSkipTlsVerify: true }).send(get())).status).toBe(200);
  });

  it("says that there is no TLS", async () => {
    const port = await listen(createServer((_, response) => response.end("{}")));
    const error = await failureOf(connectTo(`https://127.0.0.1:${port}`).send(get()));
    expect(error).toMatchObject({ lasting: true, mayHaveBeenProcessed: false });
    expect(error["message"]).toContain("it does not speak TLS there");
  });

  it("says that a certificate is not trusted, or for another name", async () => {
    const { server, ca } = await serve();
    const untrusted = await failureOf(connectTo(server).send(get()));
    expect(untrusted).toMatchObject({ code: "ApiUnreachable", mayHaveBeenProcessed: false });
    expect(untrusted["message"]).toContain("its TLS certificate is not trusted");
    const misnamed = await failureOf(connectTo(server, { ca }).send(get()));
    expect(misnamed["message"]).toContain("its TLS certificate is for another name");
  });
});
