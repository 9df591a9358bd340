import { Writable } from "node:stream";
import { MoorageError } from "../../../contract/index.ts";
import { signalGroup } from "../process/processIdentity.ts";
import type { OutputSink, ProcessExit, ProcessSpec } from "../process/startProcess.ts";
import type { Companion } from "./Companion.ts";

type Library = typeof import("@lydell/node-pty");

let loaded: Promise<Library> | undefined;

/** The library for pseudo-terminals. It is optional: where npm had no build of it for this machine, `-t` can't be served. */
export function loadTerminals(): Promise<Library> {
  loaded ??= import("@lydell/node-pty").catch((cause: unknown) => {
    loaded = undefined;
    throw new MoorageError(
      "Unsupported",
      "this node has no pseudo-terminals (the optional package @lydell/node-pty is not installed, or not for this machine): do without -t",
      { cause },
    );
  });
  return loaded;
}

/**
 * Milliseconds between looks whether a process that waits for its reader is still there. What has not been read 200 ms after its end the
 * library throws away, so that the rest (no more than a terminal holds) is then read at once.
 */
const lookEvery = 50;

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts a process that leads its own session, with a new pseudo-terminal as its input and output. */
export async function startWithTerminal(
  spec: ProcessSpec,
  sink: OutputSink,
  /** Called when the process has ended, before the last of its output is handed on. */
  onExit: () => void = () => {},
): Promise<Companion> {
  const { spawn } = await loadTerminals();
  const [command = "", ...args] = spec.argv;
  const terminal = spawn(command, args, {
    name: spec.env["TERM"] ?? "xterm",
    cwd: spec.cwd,
    env: { ...spec.env },
    // Bytes: the client decodes them.
    encoding: null,
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.gid === undefined ? {} : { gid: spec.gid }),
  });
  const { pid } = terminal;
  let pending = Promise.resolve();
  let waiting = 0;
  terminal.onData((data) => {
    const handedOn = sink("stdout", data as unknown as Uint8Array);
    if (handedOn === undefined) return;
    // One piece at a time: a slow client holds the program back.
    waiting++;
    terminal.pause();
    const watch = setInterval(() => {
      if (!processExists(pid)) terminal.resume();
    }, lookEvery);
    pending = pending.then(async () => {
      await handedOn;
      clearInterval(watch);
      if (--waiting === 0) terminal.resume();
    });
  });
  const exited = new Promise<ProcessExit>((resolve) =>
    terminal.onExit(({ exitCode, signal }) => {
      onExit();
      resolve(signal === undefined || signal === 0 ? { exitCode } : { exitCode: 128 + signal, signal });
    }),
  );
  return {
    pid,
    // The end of the client's input is no end of a terminal's: as with every terminal, that is a character (Ctrl-D).
    stdin: new Writable({
      write(chunk: Buffer, _encoding, done) {
        terminal.write(chunk as unknown as string);
        done();
      },
    }),
    ended: exited.then(async (exit) => {
      await pending;
      return exit;
    }),
    resize: ({ columns, rows }) => terminal.resize(columns, rows),
    hangUp: () => void signalGroup(pid, "SIGHUP"),
  };
}
