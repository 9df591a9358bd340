import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { MoorageError } from "../../contract/index.ts";
import { nodeHttp } from "../nodeHttp.ts";

export interface ListenOptions {
  /** The only port that will do; left out (or 0): the one of last time, else one of the platform's own, else any that is free. */
  readonly port?: number | undefined;
  /** Keeps the port, in `door-port`. */
  readonly stateDir: string;
  readonly platformName: string;
  readonly log: (message: string) => void;
}

/**
 * Servers on one port of 127.0.0.1 and, where there is one, ::1 (browsers may take either for `*.localhost`; so a port that another program has on one of the two
 * counts as taken).
 */
export async function listenOnLoopback(options: ListenOptions): Promise<{ port: number; servers: Server[] }> {
  const { port, stateDir, platformName, log } = options;
  const file = join(stateDir, "door-port");
  const kept = Number(await readFile(file, "utf8").catch(() => ""));
  const isKept = Number.isInteger(kept) && kept > 0 && kept < 65_536;
  const candidates = port ? [port] : [...(isKept ? [kept] : []), ...portsOfPlatform(platformName), 0];
  for (const candidate of candidates) {
    const servers = await listenOnBoth(candidate);
    if (servers === undefined) continue;
    const chosen = portOf(servers[0]!);
    if (!port && isKept && chosen !== kept)
      log(`front door: port ${kept} is taken by another program; it is ${chosen} from now on`);
    if (chosen !== kept) await keep(file, stateDir, chosen, servers);
    return { port: chosen, servers };
  }
  throw new MoorageError("PortInUse", `port ${port} of the front door is taken by another program`, {
    hint: "Stop that program, or choose another port.",
  });
}

/** Ten ports between 20000 and 29999: another machine, or a state folder that was thrown away, most likely gives the same URLs. */
function portsOfPlatform(name: string): number[] {
  const first = createHash("sha256").update(name).digest().readUInt32BE();
  return Array.from({ length: 10 }, (_, index) => 20_000 + ((first + index) % 10_000));
}

async function keep(file: string, stateDir: string, port: number, servers: Server[]): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true });
    await writeFile(file, `${port}\n`, { mode: 0o600 });
  } catch (cause) {
    for (const server of servers) server.close();
    throw new MoorageError("StorageFailed", `the front door's port could not be kept in ${file}`, {
      file,
      hint: isFull(cause) ? "The disk is full: make room on it." : "Make the folder writable.",
      cause,
    });
  }
}

const isFull = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOSPC";

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
};

async function listenOnBoth(port: number): Promise<Server[] | undefined> {
  const first = await listen(port, "127.0.0.1");
  if (typeof first === "string") return undefined;
  const second = await listen(portOf(first), "::1");
  if (second !== "taken") return second === "absent" ? [first] : [first, second];
  await new Promise((resolve) => first.close(resolve));
  return undefined;
}

function listen(port: number, host: string): Promise<Server | "taken" | "absent"> {
  return new Promise((resolve, reject) => {
    const server = nodeHttp.createServer({
      // Long uploads and event streams have no end to wait for. Headers have; their limit must be named, it would follow requestTimeout to 0.
      requestTimeout: 0,
      headersTimeout: 30_000,
      keepAliveTimeout: 5000,
      maxHeaderSize: 32_768,
      // Any other protocol (h2c) is left out by the rules of HTTP, so that nothing gets past the routing on a connection of its own.
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
    });
    server.timeout = 0;
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve("taken");
      else if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") resolve("absent");
      else reject(error);
    });
    server.listen(port, host, () => resolve(server));
  });
}
