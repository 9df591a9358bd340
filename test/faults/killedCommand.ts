import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KubeRequest, Transport } from "../../src/kube/index.ts";
import { CliFolder } from "../cli/CliFolder.ts";

/** How the command ended, and after how many requests. */
export interface Killed {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly requests: number;
}

/**
 * Runs `moorage deploy prod` on the platform file of a folder, as a process of its own that reaches the cluster through a proxy here. It dies of SIGKILL when the nth of
 * its requests (counted from 0) took effect; its answer never comes.
 */
export async function killedCommand(folder: string, transport: Transport, at: number): Promise<Killed> {
  const cli = new CliFolder();
  let kill = (): void => {};
  let requests = 0;
  const under = new Set<Promise<unknown>>();
  const proxy = createServer((incoming, outgoing) => {
    const index = requests++;
    const passing = pass(incoming, outgoing, transport, index === at ? kill : undefined)
      .catch(() => outgoing.destroy())
      .finally(() => under.delete(passing));
    under.add(passing);
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  const { port } = proxy.address() as AddressInfo;
  cli.environment["KUBECONFIG"] = cli.write(
    "kubeconfig",
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "proxy", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "ada", user: {} }],
      contexts: [{ name: "okd", context: { cluster: "proxy", user: "ada" } }],
    }),
  );
  try {
    const { child, ended } = cli.start(["deploy", "prod", "--yes", "--file", `${folder}/moorage.yaml`]);
    kill = () => void child.kill("SIGKILL");
    const { stdout, stderr } = await ended;
    return { signal: child.signalCode, output: stdout + stderr, requests };
  } finally {
    proxy.closeAllConnections();
    await new Promise((closed) => proxy.close(closed));
    // What it had sent takes effect before anybody looks.
    await Promise.all(under);
    cli.remove();
  }
}

/** Hands one request on; with `instead`, that happens in place of its answer. */
async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  transport: Transport,
  instead: (() => void) | undefined,
): Promise<void> {
  const over = new AbortController();
  outgoing.on("close", () => over.abort());
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://proxy");
  const body = Buffer.concat(await incoming.toArray());
  const query = Object.fromEntries(
    [...searchParams].map(([name, value]) => [name, name === "watch" ? value === "true" : value]),
  );
  const { accept = "", "content-type": type } = incoming.headers;
  const response = await transport.send({
    method: incoming.method as KubeRequest["method"],
    path: pathname,
    query,
    headers: { accept, ...(type === undefined ? {} : { "content-type": type }) },
    ...(body.length === 0 ? {} : { body }),
    // What was sent is the server's matter, whoever waits for the answer.
    ...(query["watch"] === true ? { signal: over.signal } : {}),
  });
  if (instead !== undefined) {
    // An answer that nobody reads would keep its connection from the trials that come.
    if (query["watch"] !== true) await response.text();
    return instead();
  }
  const { "content-type": answered = "application/json", "retry-after": retry } = response.headers;
  outgoing.writeHead(response.status, {
    "content-type": answered,
    ...(retry === undefined ? {} : { "retry-after": retry }),
  });
  outgoing.flushHeaders();
  for await (const chunk of response.chunks()) outgoing.write(chunk);
  outgoing.end();
}
