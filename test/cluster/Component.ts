import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One running part of a control plane. */
export interface Component {
  readonly name: string;
  readonly pid: number;
  /** Why it is no longer running, with its last words; undefined while it is. */
  ended(): string | undefined;
  /** Ends it at once: its data is thrown away with it. */
  kill(): Promise<void>;
}

/** Starts `program name --flag=value ...`; what it says goes to `folder/name.log`. */
export function startComponent(options: {
  readonly program: string;
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly folder: string;
}): Component {
  const { program, name, flags, folder } = options;
  const log = join(folder, `${name}.log`);
  const output = openSync(log, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(program, [name, ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)], {
      cwd: folder,
      // Standard input stays open: it ends with this process, however that ends, and the component with it.
      stdio: ["pipe", output, output],
      env: { HOME: folder, PATH: process.env["PATH"], TMPDIR: process.env["TMPDIR"] },
    });
  } finally {
    closeSync(output);
  }
  let end: string | undefined;
  const closed = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      end = error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      end = signal === null ? `code ${code}` : signal;
      resolve();
    });
  });
  return {
    name,
    pid: child.pid ?? 0,
    ended: () =>
      end === undefined
        ? undefined
        : `${name} ended (${end}). Its last lines:\n${readFileSync(log, "utf8").split("\n").slice(-15).join("\n")}`,
    async kill() {
      if (end === undefined) child.kill("SIGKILL");
      await closed;
    },
  };
}
