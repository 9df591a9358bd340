import { connect, createServer } from "node:net";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { MoorageError } from "../../../contract/index.ts";
import type { Random } from "../../Clock.ts";

/** Below the ports that systems hand out for outgoing connections, so that none of those takes one between its choice and its use. */
const first = 20_000;
const last = 31_999;

/** Tells whether nothing listens on a loopback port. */
export type PortFree = (port: number) => Promise<boolean>;

/**
 * Which loopback ports are given out, by key. Keys under `kept` prefixes (services, pods with a stable name) are remembered in the
 * state folder, so that a restart finds the same ports.
 */
export class PortBook {
  readonly #file: string;
  readonly #random: Random;
  readonly #free: PortFree;
  readonly #ports = new Map<string, number>();
  readonly #taken = new Set<number>();
  #remembered: Record<string, number>;

  constructor(options: { file: string; random: Random; free?: PortFree }) {
    this.#file = options.file;
    this.#random = options.random;
    this.#free = options.free ?? portIsFree;
    this.#remembered = readPorts(options.file);
  }

  /** The port of a key: the one it has, else the one it had, else a free one. */
  async reserve(key: string, options: { kept?: boolean } = {}): Promise<number> {
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const before = this.#remembered[key];
    const port = await this.#choose(before);
    // Asked for twice at once: the first answer counts.
    const meanwhile = this.#ports.get(key);
    if (meanwhile !== undefined) {
      this.#taken.delete(port);
      return meanwhile;
    }
    this.#ports.set(key, port);
    if (options.kept === true && before !== port) {
      this.#remembered = { ...this.#remembered, [key]: port };
      this.#write();
    }
    return port;
  }

  /** The port of a key, if it has one now. */
  find(key: string): number | undefined {
    return this.#ports.get(key);
  }

  /** Gives the port back; with `forget`, also from memory. */
  release(key: string, options: { forget?: boolean } = {}): void {
    const port = this.#ports.get(key);
    if (port !== undefined) this.#taken.delete(port);
    this.#ports.delete(key);
    if (options.forget === true && this.#remembered[key] !== undefined) {
      const { [key]: _gone, ...rest } = this.#remembered;
      this.#remembered = rest;
      this.#write();
    }
  }

  async #choose(wanted: number | undefined): Promise<number> {
    if (wanted !== undefined && (await this.#claim(wanted))) return wanted;
    const reserved = new Set(Object.values(this.#remembered));
    const span = last - first + 1;
    const start = Math.floor(this.#random() * span);
    for (let step = 0; step < span; step++) {
      const port = first + ((start + step) % span);
      if (!reserved.has(port) && (await this.#claim(port))) return port;
    }
    throw new MoorageError("PortInUse", `No free port between ${first} and ${last} on 127.0.0.1.`, {
      hint: "Stop what listens there, or another sandbox.",
    });
  }

  async #claim(port: number): Promise<boolean> {
    if (this.#taken.has(port)) return false;
    this.#taken.add(port);
    if (await this.#free(port)) return true;
    this.#taken.delete(port);
    return false;
  }

  #write(): void {
    const next = `${this.#file}.new`;
    writeFileSync(next, `${JSON.stringify(this.#remembered)}\n`, { mode: 0o600 });
    renameSync(next, this.#file);
  }
}

function readPorts(file: string): Record<string, number> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, number] => Number.isInteger(entry[1])),
    );
  } catch {
    // No file yet, or one that a full disk cut short: ports are chosen anew.
    return {};
  }
}

/** Whether a program could listen on the port, on loopback and on all addresses. */
export const portIsFree: PortFree = async (port) =>
  (await canListen(port, "127.0.0.1")) && !(await answers(port, "::1"));

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

const answers = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
