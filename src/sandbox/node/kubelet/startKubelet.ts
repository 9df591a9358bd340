import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { NodeBackend } from "../../api/NodeBackend.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../../api/https/certificates.ts";
import type { Clock } from "../../Clock.ts";
import type { Pod } from "../Pod.ts";
import { admit } from "./admit.ts";
import { answer } from "./answer.ts";
import { containerLogs } from "./containerLogs.ts";
import { KubeletAuthorizer } from "./KubeletAuthorizer.ts";
import { serveUpgrade } from "./serveUpgrade.ts";

/** How a real API server is let in. */
export interface KubeletOptions {
  /** PEM. Who asks shows a client certificate that it signed. */
  readonly clientAuthority: string;
  /** For the server's end of TLS; self-signed unless given. */
  readonly certificate?: KeyPair;
  /** 0, the default: any that is free. */
  readonly port?: number;
}

export interface KubeletContext extends KubeletOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly address: string;
  readonly backend: () => NodeBackend;
  readonly log: (text: string) => void;
}

export interface Kubelet {
  readonly port: number;
  /** Ends what is under way as well. */
  close(): Promise<void>;
}

/** Serves a kubelet's HTTPS API on `address`. */
export async function startKubelet(context: KubeletContext): Promise<Kubelet> {
  const { clock, nodeName, address } = context;
  const certificate = context.certificate ?? (await selfSigned(nodeName, address, clock.now()));
  const authorizer = new KubeletAuthorizer(context.client, clock, nodeName);
  const sockets = new Set<Socket>();
  const server = createServer(
    {
      key: certificate.key,
      cert: certificate.certificate,
      ca: context.clientAuthority,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      requestTimeout: 0,
      noDelay: true,
    },
    (request, response) =>
      void serve(request, response, context, authorizer).catch((error: unknown) => {
        context.log(`kubelet: ${request.method} ${request.url}: ${String(error)}`);
        if (response.headersSent) response.destroy();
        else answer(response, 500, "Internal Error");
      }),
  );
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    serveUpgrade({ request, socket, head }, context, authorizer).catch((error: unknown) => {
      context.log(`kubelet: ${request.url}: ${String(error)}`);
      socket.destroy();
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(context.port ?? 0, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function selfSigned(nodeName: string, address: string, now: number): Promise<KeyPair> {
  const authority = await createAuthority(`${nodeName}-ca`, now);
  return issueCertificate(authority, {
    subject: [{ O: ["system:nodes"] }, { CN: [`system:node:${nodeName}`] }],
    usage: "server",
    names: [address, nodeName],
    days: 365,
    now,
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: KubeletContext,
  authorizer: KubeletAuthorizer,
): Promise<void> {
  request.resume();
  const url = URL.parse(request.url ?? "/", "https://kubelet");
  if (url === null) return answer(response, 400, "Bad Request");
  const path = url.pathname;
  const refusal = await admit(request, path, authorizer);
  if (refusal !== undefined) return answer(response, refusal.status, refusal.message);
  const words = wordsOf(path);
  if (request.method === "GET" && path === "/healthz") answer(response, 200, "ok");
  else if (request.method === "GET" && (path === "/pods" || path === "/pods/"))
    answer(response, 200, await podList(context), "application/json");
  else if (request.method === "GET" && words[0] === "containerLogs" && words.length === 4)
    await containerLogs(words.slice(1), url.searchParams, response, context);
  else answer(response, 404, "404 page not found\n");
}

async function podList({ client, nodeName }: KubeletContext): Promise<string> {
  const kind = { apiVersion: "v1", kind: "Pod" };
  const { items } = await client.list<Pod>(kind, { fieldSelector: `spec.nodeName=${nodeName}` });
  return JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
}

/** A path's parts; none when it can't be read. */
function wordsOf(path: string): string[] {
  try {
    return path.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return [];
  }
}
