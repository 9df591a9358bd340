import type { Readable } from "node:stream";
import type { KubeStatus } from "../../../contract/index.ts";
import type { OutputStream } from "../process/startProcess.ts";
import type { TerminalSize } from "./StreamTarget.ts";

/** The streams of one command, whatever carries them. */
export interface CommandChannels {
  /** What the client types; ends when it has no more. Nobody else reads from the connection while it is not read. */
  readonly stdin: Readable;
  /** Fires when the connection is over, whoever ended it. */
  readonly gone: AbortSignal;
  onResize(take: (size: TerminalSize) => void): void;
  /** Resolves when the client's side has room for more, or is gone. Never rejects. */
  write(stream: OutputStream, chunk: Uint8Array): Promise<void>;
  /** The last word, and the end of the connection. */
  finish(status: KubeStatus): Promise<void>;
}
