import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessLedger } from "./ProcessLedger.ts";
import { startProcess, type OutputSink, type Spawn } from "./startProcess.ts";

export interface Preparation {
  readonly cwd: string;
  /** A shell line. */
  readonly line: string;
  /** Hash of the program's files: a build is repeated when they change, an installation only when what it installs does. */
  readonly source: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** For people: namespace/pod/container. */
  readonly what: string;
}

/** Files that say what an installation installs. */
const manifests = [
  "package.json",
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "requirements.txt",
  "requirements-dev.txt",
  "constraints.txt",
  "pyproject.toml",
  "setup.py",
  "setup.cfg",
  "poetry.lock",
  "uv.lock",
  "Pipfile.lock",
  "environment.yml",
  "go.mod",
  "go.sum",
  "Cargo.toml",
  "Cargo.lock",
  "Gemfile.lock",
  "composer.lock",
];
const installs =
  /^\s*(npm (ci|i|install)|yarn( install)?|pnpm (i|install)|bun install|(python3? -m )?pip3? install|uv (sync|venv|pip install)|poetry install|python3? -m venv|go mod download|bundle install|composer install|test )\b/;

/**
 * Runs what programs need before their first start, once per folder, line and inputs; the stamps lie in the state folder. Pods that share
 * a folder wait for one run.
 */
export class Preparations {
  readonly #folder: string;
  readonly #spawn: Spawn;
  readonly #ledger: ProcessLedger;
  /** The end of the queue of each folder. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(options: { stateDir: string; spawn: Spawn; ledger: ProcessLedger }) {
    this.#folder = join(options.stateDir, "prepared");
    this.#spawn = options.spawn;
    this.#ledger = options.ledger;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Whether it was done already, for these inputs. */
  isDone(preparation: Preparation): boolean {
    return !this.#last.has(preparation.cwd) && this.#stampOf(preparation) === digest(preparation);
  }

  /** Undefined when it is done; else the exit code and the last lines of output. */
  async run(
    preparation: Preparation,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<{ exitCode: number; output: string } | undefined> {
    const { cwd } = preparation;
    const turn = (this.#last.get(cwd) ?? Promise.resolve()).then(() =>
      this.#runNow(preparation, sink, signal),
    );
    const ended = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(cwd) === ended) this.#last.delete(cwd);
      });
    this.#last.set(cwd, ended);
    return turn;
  }

  async #runNow(
    preparation: Preparation,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<{ exitCode: number; output: string } | undefined> {
    if (signal.aborted) return { exitCode: 130, output: "stopped" };
    if (this.#stampOf(preparation) === digest(preparation)) return undefined;
    // Half done is not done.
    rmSync(this.#file(preparation), { force: true });
    let output = "";
    const running = await startProcess(
      this.#spawn,
      { argv: ["/bin/sh", "-c", preparation.line], cwd: preparation.cwd, env: preparation.env },
      (stream, chunk) => {
        output = (output + Buffer.from(chunk).toString("utf8")).slice(-2048);
        return sink(stream, chunk);
      },
    );
    await this.#ledger.record(running.pid, `${preparation.what} (prepare)`);
    const stop = (): void => void running.signal("SIGKILL");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const { exitCode } = await running.exited;
    signal.removeEventListener("abort", stop);
    this.#ledger.forget(running.pid);
    if (exitCode !== 0) return { exitCode, output: output.trimEnd().split("\n").slice(-10).join("\n") };
    // After the run: an installation may write its lock file.
    writeFileSync(this.#file(preparation), digest(preparation), { mode: 0o600 });
    return undefined;
  }

  #file({ cwd, line }: Preparation): string {
    return join(this.#folder, hash(`${cwd}\0${line}`).slice(0, 32));
  }

  #stampOf(preparation: Preparation): string | undefined {
    try {
      return readFileSync(this.#file(preparation), "utf8");
    } catch {
      return undefined;
    }
  }
}

const hash = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

function digest({ cwd, line, source }: Preparation): string {
  const installsOnly = line.split(/&&|;|\|\|/).every((part) => installs.test(part));
  const files = manifests.map((name) => {
    try {
      return `${name}=${hash(readFileSync(join(cwd, name)))}`;
    } catch {
      return `${name}=`;
    }
  });
  return hash([line, installsOnly ? "" : (source ?? ""), ...files].join("\n"));
}
