import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { toolPath } from "../tools/kubectl.ts";

/** What kubectl does where there is a choice: websockets, or the SPDY of before. */
export type Carrier = "websockets" | "SPDY";

const settings: Record<Carrier, Record<string, string>> = {
  websockets: {},
  SPDY: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" },
};

/** Whom kubectl speaks with, and where it keeps what it keeps. */
export interface KubectlSide {
  readonly kubeconfig: string;
  readonly folder: string;
}

/** The environment of a kubectl. */
export const kubectlEnvironment = (side: KubectlSide, carrier: Carrier): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: side.folder,
  KUBECONFIG: side.kubeconfig,
  KUBECACHEDIR: `${side.folder}/cache`,
  ...settings[carrier],
});

/** A kubectl that is under way: bytes in, bytes out, as they come. Nothing of what it prints is read before it is asked for, but for its errors. */
export class KubectlProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** When it has ended, and all errors that it told were read. */
  readonly ended: Promise<number | null>;
  readonly #errors: Buffer[] = [];

  constructor(side: KubectlSide, args: readonly string[], carrier: Carrier = "websockets") {
    this.child = spawn(toolPath("kubectl"), args, { env: kubectlEnvironment(side, carrier) });
    this.child.stderr.on("data", (chunk: Buffer) => this.#errors.push(chunk));
    this.child.stdin.on("error", () => {});
    // When it exits, Node lets what nobody listens to flow away, and with it what is asked for a moment later.
    this.child.stdout.on("readable", () => {});
    // Not when it is closed: that waits for somebody to read what it printed.
    const told = new Promise((resolve) => this.child.stderr.once("close", resolve));
    this.ended = new Promise((resolve) =>
      this.child.once("exit", (code) => void told.then(() => resolve(code))),
    );
  }

  get stderr(): string {
    return Buffer.concat(this.#errors).toString("utf8");
  }

  /** Everything that it says until it ends, for an input. */
  async run(input?: Uint8Array): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
    this.child.stdin.end(input);
    const parts: Buffer[] = [];
    for await (const part of this.child.stdout) parts.push(part as Buffer);
    const code = await this.ended;
    return { code, stdout: Buffer.concat(parts), stderr: this.stderr };
  }

  /** What it said so far that matches; it goes on. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    let text = "";
    for await (const part of this.child.stdout.iterator({ destroyOnReturn: false })) {
      text += (part as Buffer).toString("utf8");
      const found = pattern.exec(text);
      if (found !== null) return found;
    }
    throw new Error(`kubectl ended without saying ${String(pattern)}: ${text}${this.stderr}`);
  }
}
