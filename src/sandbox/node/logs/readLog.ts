import { open, stat, type FileHandle } from "node:fs/promises";
import type { ContainerLog } from "./ContainerLog.ts";

/** kubectl's log parameters, without those that choose the container. */
export interface ReadLogOptions {
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Milliseconds since 1970: nothing older is told. */
  readonly since?: number;
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal;
}

interface Entry {
  readonly time: string;
  readonly partial: boolean;
  readonly text: string;
}

function parseEntry(line: string): Entry | undefined {
  const match = /^(\S+) (?:stdout|stderr) ([FP]) ?(.*)$/s.exec(line);
  return match === null
    ? undefined
    : { time: match[1] ?? "", partial: match[2] === "P", text: match[3] ?? "" };
}

/**
 * A container's log as kubectl shows it. `live` is the log while the container runs: with it, `follow` goes on until the container
 * ends. Reads the older file of a rotated log first.
 */
export async function* readLog(
  file: string,
  live: ContainerLog | undefined,
  options: ReadLogOptions,
): AsyncGenerator<Uint8Array> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let lineStart = true;
  const render = (entry: Entry): string => {
    if (options.since !== undefined && Date.parse(entry.time) < options.since) return "";
    const stamp = options.timestamps === true && lineStart ? `${entry.time} ` : "";
    lineStart = !entry.partial;
    return `${stamp}${entry.text}${entry.partial ? "" : "\n"}`;
  };
  const cut = (text: string): Uint8Array => {
    const bytes = Buffer.from(text);
    const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= part.length;
    return part;
  };

  const cursor = new LogCursor(file);
  try {
    // The past first: all of it, or its last lines.
    let past: string[] = [];
    const tail = options.tailLines;
    for await (const lines of cursor.available()) {
      for (const line of lines) {
        const entry = parseEntry(line);
        const text = entry === undefined ? "" : render(entry);
        if (text !== "") past.push(text);
      }
      if (tail !== undefined) past = lastLines(past, tail);
      else {
        yield cut(past.join(""));
        past = [];
        if (left <= 0) return;
      }
    }
    if (past.length > 0) yield cut(past.join(""));
    if (options.follow !== true || live === undefined) return;
    while (options.signal?.aborted !== true) {
      const ended = live.closed;
      const more = live.changed(options.signal);
      for await (const lines of cursor.available()) {
        const text = lines
          .map((line) => parseEntry(line))
          .map((entry) => (entry === undefined ? "" : render(entry)))
          .join("");
        if (text !== "") yield cut(text);
        if (left <= 0) return;
      }
      if (ended) return;
      await more;
    }
  } finally {
    await cursor.close();
  }
}

/** Keeps the last so many lines; parts of a line belong together. */
function lastLines(texts: readonly string[], count: number): string[] {
  let lines = 0;
  let at = texts.length;
  while (at > 0) {
    if (texts[at - 1]?.endsWith("\n") === true || at === texts.length) lines++;
    if (lines > count) break;
    at--;
  }
  return texts.slice(at);
}

/** Reads a log's files from the oldest on, and again what was added meanwhile. */
class LogCursor {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #inode = 0;
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  constructor(file: string) {
    this.#file = file;
  }

  async *available(): AsyncGenerator<string[]> {
    if (!this.#begun) {
      this.#begun = true;
      if (await this.#open(`${this.#file}.1`)) yield* this.#toEnd();
      await this.#open(this.#file);
    }
    if (this.#handle === undefined) await this.#open(this.#file);
    yield* this.#toEnd();
    // Rotated away: what was read is the older file now.
    while (await this.#replaced()) {
      if (!(await this.#open(this.#file))) return;
      yield* this.#toEnd();
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async *#toEnd(): AsyncGenerator<string[]> {
    if (this.#handle === undefined) return;
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      const all = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
      const end = all.lastIndexOf(10);
      this.#rest = all.subarray(end + 1);
      if (end !== -1) yield all.subarray(0, end).toString("utf8").split("\n");
    }
  }

  async #open(file: string): Promise<boolean> {
    try {
      const handle = await open(file, "r");
      await this.#handle?.close();
      this.#handle = handle;
      this.#inode = (await handle.stat()).ino;
      this.#rest = Buffer.alloc(0);
      return true;
    } catch {
      return false;
    }
  }

  async #replaced(): Promise<boolean> {
    if (this.#handle === undefined) return false;
    try {
      return (await stat(this.#file)).ino !== this.#inode;
    } catch {
      return false;
    }
  }
}

/** The last bytes and lines of a log, for `FallbackToLogsOnError` and messages: at most 80 lines and 2048 bytes, as the kubelet. */
export async function logTail(file: string, lines = 80, bytes = 2048): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of readLog(file, undefined, { tailLines: lines })) parts.push(Buffer.from(chunk));
  const all = Buffer.concat(parts);
  return all.subarray(Math.max(0, all.length - bytes)).toString("utf8");
}
