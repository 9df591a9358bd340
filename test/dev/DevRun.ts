import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { get, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const root = resolve(import.meta.dirname, "..", "..");

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `moorage dev` as a user runs it: a process, on a copy of a platform in a folder of its own. */
export class DevRun {
  readonly folder: string;
  readonly child: ChildProcess;
  /** All that was printed. */
  printed = "";
  readonly exited: Promise<number | null>;

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.printed += text));
    this.exited = new Promise((done) => child.once("close", (code) => done(code)));
  }

  /** A folder with a copy of an example, without what an earlier run left. */
  static copyOf(example: string): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-dev-")));
    cpSync(join(root, "examples", example), folder, {
      recursive: true,
      filter: (path) => !path.includes(".moorage"),
    });
    return folder;
  }

  static start(folder: string, more: readonly string[] = []): DevRun {
    const child = spawn(process.execPath, [join(root, "bin", "moorage.js"), "dev", ...more], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", NODE_ENV: undefined, VITEST: undefined },
    });
    return new DevRun(folder, child);
  }

  /** Waits until something was printed; rejects with all that was when the process ends before. */
  async prints(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    let over = false;
    void this.exited.then(() => (over = true));
    for (let tries = 0; tries < 2_400; tries += 1) {
      const found = pattern.exec(this.printed.slice(from));
      if (found !== null) return found;
      if (over) break;
      await sleep(50);
    }
    throw new Error(`${String(pattern)} was not printed:\n${this.printed}`);
  }

  /** Port of the front door, once it is told. */
  async port(): Promise<number> {
    return Number((await this.prints(/http:\/\/[\w.-]+\.localhost:(\d+)\//))[1]);
  }

  /** Ctrl-C, and the exit code. */
  async interrupt(): Promise<number | null> {
    this.child.kill("SIGINT");
    return await this.exited;
  }

  /** Ends what a failed test left, and its folder. */
  async clean(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.interrupt();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** A request to a host of the front door, without name resolution. */
export async function ask(
  port: number,
  host: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return await new Promise((done, fail) => {
    get({ host: "127.0.0.1", port, path, headers: { host: `${host}:${port}`, ...headers } }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on("error", fail);
    }).on("error", fail);
  });
}

/** Processes whose working folder or command line lies below a folder: what a sandbox there has started. */
export function processesBelow(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const cwd = realpathSync(`/proc/${pid}/cwd`);
        return command.includes(folder) || cwd.startsWith(folder) ? [`${pid} ${command}`] : [];
      } catch {
        // Gone meanwhile, or not ours to see.
        return [];
      }
    });
}
