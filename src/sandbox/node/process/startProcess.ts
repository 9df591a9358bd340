import type { ChildProcess, SpawnOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { signalGroup } from "./processIdentity.ts";

/** `child_process.spawn`, as an argument. */
export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Run as somebody else; only root can. */
  readonly uid?: number;
  readonly gid?: number;
  /** It has an input, which stays open until somebody ends it. */
  readonly stdin?: boolean;
}

/** How a process ended. A signal's exit code is 128 + its number, as container runtimes count. */
export interface ProcessExit {
  readonly exitCode: number;
  readonly signal?: number;
}

export type OutputStream = "stdout" | "stderr";
/** Takes output; the process is held back until the promise, if there is one, resolves. */
export type OutputSink = (stream: OutputStream, chunk: Uint8Array) => void | Promise<void>;

/** A process that leads its own process group. */
export interface RunningProcess {
  readonly pid: number;
  /** Undefined unless it has an input. */
  readonly stdin?: Writable;
  /** Of its terminal, if it has one. */
  resize?(size: { readonly columns: number; readonly rows: number }): void;
  /** Resolves when the process has ended, the rest of its group is ended, and all output was handed on. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** To the whole group; false when nobody is left. */
  signal(signal: NodeJS.Signals): boolean;
}

/**
 * Starts a program in a process group of its own, with just the given environment and without a shell. Rejects with the system's error
 * (ENOENT, EACCES) when it can't be started.
 */
export function startProcess(
  spawn: Spawn,
  spec: ProcessSpec,
  sink: OutputSink,
  /** Called when the process has ended, before the last of its output is handed on. */
  onExit: () => void = () => {},
): Promise<RunningProcess> {
  const [command = "", ...args] = spec.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: { ...spec.env },
      detached: true,
      stdio: [spec.stdin === true ? "pipe" : "ignore", "pipe", "pipe"],
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    child.once("error", reject);
    const { pid } = child;
    if (pid === undefined) return;
    const heard = { bytes: 0, handing: 0 };
    const listen: OutputSink = async (stream, chunk) => {
      heard.bytes += chunk.length;
      heard.handing++;
      try {
        await sink(stream, chunk);
      } finally {
        heard.handing--;
      }
    };
    const streams = Promise.all([pump(child.stdout, "stdout", listen), pump(child.stderr, "stderr", listen)]);
    const exited = new Promise<ProcessExit>((done) => {
      child.once("exit", (code, signal) => {
        // Like the end of a container: what the program left behind in its group ends with it.
        signalGroup(pid, "SIGKILL");
        onExit();
        const exit = exitOf(code, signal);
        const over = new AbortController();
        whenNobodySpeaks(heard, over.signal, () => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        });
        const handedOn = async (): Promise<ProcessExit> => {
          await streams;
          over.abort();
          return exit;
        };
        done(handedOn());
      });
    });
    // A program that reads nothing more is no fault.
    child.stdin?.on("error", () => {});
    const stdin = child.stdin ?? undefined;
    child.once("spawn", () => resolve({ pid, stdin, exited, signal: (signal) => signalGroup(pid, signal) }));
  });
}

/** Milliseconds without a word after which nothing of the program can be left in its pipes. */
const quietFor = 500;
/** More bytes than its pipes can have held when it ended. */
const mostLeft = 2 ** 20;
/** How often it is waited for what is left: whoever goes on speaking is not the program. */
const mostLooks = 20;

/** A grandchild that left the group may hold the pipes of a program that has ended. Calls when what the program said itself has been read. */
function whenNobodySpeaks(
  heard: { readonly bytes: number; readonly handing: number },
  over: AbortSignal,
  cut: () => void,
): void {
  const begin = heard.bytes;
  let before = begin;
  let looks = 0;
  const look = (): void => {
    if (over.aborted) return;
    const isQuiet = heard.bytes === before && heard.handing === 0;
    if (isQuiet || heard.bytes - begin > mostLeft || ++looks > mostLooks) return cut();
    before = heard.bytes;
    wait();
  };
  // After a pause of this process, which a busy machine may make, the timer is over before the pipes are read: they come first.
  const wait = (): void => {
    const timer = setTimeout(() => setImmediate(look), quietFor);
    over.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
  wait();
}

async function pump(stream: Readable | null, name: OutputStream, sink: OutputSink): Promise<void> {
  if (stream === null) return;
  try {
    for await (const chunk of stream) await sink(name, chunk as Uint8Array);
  } catch {
    // Cut off, see above.
  }
}

const signalNumbers: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** How Node tells of an end, in the words of container runtimes. */
export function exitOf(code: number | null, signal: NodeJS.Signals | null): ProcessExit {
  if (signal === null) return { exitCode: code ?? 0 };
  const number = signalNumbers[signal] ?? 1;
  return { exitCode: 128 + number, signal: number };
}
