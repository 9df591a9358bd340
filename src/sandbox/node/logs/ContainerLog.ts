import { mkdirSync } from "node:fs";
import { open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { OutputStream } from "../process/startProcess.ts";

/** A log is cut into files of this many bytes; the current and one older are kept. */
export const rotateAt = 10 * 2 ** 20;
/** Longer lines are written in parts, as container runtimes do. */
const longestLine = 16 * 1024;
/** More bytes than these waiting for the disk hold the program back. */
const highWater = 256 * 1024;

/**
 * Writes what a container says, in the format of the container runtime interface: `TIME STREAM F|P text`. One file per start of the
 * container. A disk that is full loses lines, never the container.
 */
export class ContainerLog {
  readonly file: string;
  readonly #now: () => number;
  readonly #lines: Record<OutputStream, { decoder: StringDecoder; rest: string }>;
  readonly #waiting = new Set<() => void>();
  #queue = "";
  #writing: Promise<void> | undefined;
  #handle: FileHandle | undefined;
  #size = 0;
  #closed = false;

  constructor(file: string, now: () => number) {
    this.file = file;
    this.#now = now;
    this.#lines = {
      stdout: { decoder: new StringDecoder("utf8"), rest: "" },
      stderr: { decoder: new StringDecoder("utf8"), rest: "" },
    };
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Appends output; a promise when the writer should wait. */
  append(stream: OutputStream, chunk: Uint8Array | string): void | Promise<void> {
    const line = this.#lines[stream];
    const text = line.rest + (typeof chunk === "string" ? chunk : line.decoder.write(Buffer.from(chunk)));
    const parts = text.split("\n");
    line.rest = parts.pop() ?? "";
    const prefix = `${new Date(this.#now()).toISOString().replace("Z", "000000Z")} ${stream}`;
    let out = "";
    for (const part of parts) out += entriesOf(prefix, part, "F");
    if (line.rest.length > longestLine) {
      out += entriesOf(prefix, line.rest, "P");
      line.rest = "";
    }
    if (out === "") return undefined;
    this.#queue += out;
    this.#writing ??= this.#write();
    return this.#queue.length > highWater ? this.#writing : undefined;
  }

  /** Writes what is left, also of an unfinished line, and ends those who follow. */
  async close(): Promise<void> {
    for (const stream of ["stdout", "stderr"] as const) {
      const line = this.#lines[stream];
      line.rest += line.decoder.end();
      if (line.rest !== "") await this.append(stream, "\n");
    }
    while (this.#writing !== undefined) await this.#writing;
    this.#closed = true;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    this.#wake();
  }

  /** Resolves when something was written, the log was closed, or the signal fires. */
  changed(signal?: AbortSignal): Promise<void> {
    if (this.#closed || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  async #write(): Promise<void> {
    // Let the lines of one turn gather.
    await Promise.resolve();
    while (this.#queue !== "") {
      const data = Buffer.from(this.#queue);
      this.#queue = "";
      try {
        if (this.#handle !== undefined && this.#size + data.length > rotateAt) await this.#rotate();
        this.#handle ??= await open(this.file, "a", 0o600);
        await this.#handle.appendFile(data);
        this.#size += data.length;
      } catch {
        // Nowhere to put it: see above.
      }
      this.#wake();
    }
    this.#writing = undefined;
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#size = 0;
    await rename(this.file, `${this.file}.1`);
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

function entriesOf(prefix: string, text: string, end: "F" | "P"): string {
  let out = "";
  let from = 0;
  for (; text.length - from > longestLine; from += longestLine)
    out += `${prefix} P ${text.slice(from, from + longestLine)}\n`;
  return `${out}${prefix} ${end} ${text.slice(from)}\n`;
}
