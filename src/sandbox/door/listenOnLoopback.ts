import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { MoorageError } from "../../contract/index.ts";

/**
 * Servers on one port of 127.0.0.1 and, where there is one, ::1 (browsers may take either for `*.localhost`). The port is the one asked for; else the one of last
 * time, kept in `stateDir/door-port`; else a free one.
 */
export async function listenOnLoopback(
  port: number | undefined,
  stateDir: string,
): Promise<{ port: number; servers: Server[] }> {
  const file = join(stateDir, "door-port");
  const kept = Number(await readFile(file, "utf8").catch(() => ""));
  const candidates = port ? [port] : [...(kept > 0 && kept < 65_536 ? [kept] : []), 0];
  for (const candidate of candidates) {
    const first = await listen(candidate, "127.0.0.1");
    if (first === undefined) continue;
    const address = first.address();
    const chosen = typeof address === "object" && address ? address.port : candidate;
    const second = await listen(chosen, "::1");
    if (chosen !== kept) await writeFile(file, `${chosen}\n`, { mode: 0o600 });
    return { port: chosen, servers: second ? [first, second] : [first] };
  }
  throw new MoorageError("PortInUse", `port ${port} of the front door is taken by another program`, {
    hint: "Stop that program, or choose another port.",
  });
}

function listen(port: number, host: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    // Long downloads and event streams have no end to wait for.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 5000 });
    server.timeout = 0;
    server.once("error", (error: NodeJS.ErrnoException) => {
      const unusable = ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(error.code ?? "");
      if (unusable) resolve(undefined);
      else reject(error);
    });
    server.listen(port, host, () => resolve(server));
  });
}
