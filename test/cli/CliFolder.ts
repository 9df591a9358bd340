import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runCli, type CliHost } from "../../src/cli/runCli.ts";

const root = resolve(import.meta.dirname, "..", "..");

/** What a run of the command left. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary folder in which `moorage` is run: in this process where that is enough, as a process where signals and ports matter. */
export class CliFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "moorage-cli-")));
  /** What commands find in their environment: no kubeconfig of this machine, no colours. */
  environment: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    HOME: this.path,
    USER: "ada",
    NO_COLOR: "1",
  };
  /** Everything that any run printed. */
  everything = "";

  write(file: string, text: string): string {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), "utf8");
  }

  /** Runs a command in this process, without a terminal unless `host` says otherwise. */
  async run(argv: readonly string[], host: Partial<CliHost> = {}): Promise<CliResult> {
    const printed = { stdout: "", stderr: "" };
    const code = await runCli(argv, {
      cwd: this.path,
      environment: this.environment,
      stdout: { write: (text) => (printed.stdout += text) },
      stderr: { write: (text) => (printed.stderr += text) },
      interactive: false,
      signal: new AbortController().signal,
      version: "0.0.0-test",
      ...host,
    });
    this.everything += printed.stdout + printed.stderr;
    return { code, ...printed };
  }

  /** Starts the real command. */
  start(argv: readonly string[]): CliProcess {
    return new CliProcess([join(root, "bin", "moorage.js"), ...argv], this);
  }

  /** Starts the command from its source, which needs no build. */
  startSource(argv: readonly string[]): CliProcess {
    const program = join(root, "test", "tools", "startCli.ts");
    return new CliProcess(["--disable-warning=ExperimentalWarning", program, ...argv], this);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The command as a process of its own. */
export class CliProcess {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  /** When it has ended, and all it wrote was read. */
  readonly ended: Promise<CliResult>;
  #over = false;

  constructor(argv: readonly string[], folder: CliFolder) {
    this.child = spawn(process.execPath, argv, {
      cwd: folder.path,
      env: folder.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((done) =>
      this.child.once("close", (code) => {
        this.#over = true;
        folder.everything += this.stdout + this.stderr;
        done({ code, stdout: this.stdout, stderr: this.stderr });
      }),
    );
  }

  /** Waits until something was printed; rejects with all that was when the process ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (let tries = 0; tries < 2_400; tries += 1) {
      const found = pattern.exec(this.stdout + this.stderr);
      if (found !== null) return found;
      if (this.#over) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`${String(pattern)} was not printed:\n${this.stdout}${this.stderr}`);
  }

  /** Ctrl-C, and what it left. */
  async interrupt(): Promise<CliResult> {
    if (!this.#over) this.child.kill("SIGINT");
    return await this.ended;
  }
}
