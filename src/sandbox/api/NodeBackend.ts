import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** What the API server asks of the node behind it: the subresources of a pod that are no objects. */
export interface NodeBackend {
  /**
   * A container's log, as it arrives; ends when all is said, or with `follow` when the container ended. Throws a MoorageError when there is
   * nothing to show; its message is answered as 400, as the kubelet's is.
   */
  logs(pod: PodRef, options: LogOptions): AsyncIterable<Uint8Array>;
  /**
   * `exec`, `attach` and `portforward`: answers on the connection that asked to be upgraded, with a refusal or with the streams. Resolves
   * when the connection is over. Never rejects.
   */
  stream(pod: PodRef, call: StreamCall, upgrade: Upgrade): Promise<void>;
}

/** A request that asks for another protocol on its connection, not answered yet. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client has sent already in the new protocol. */
  readonly head: Buffer;
}

export type StreamCall = ExecCall | AttachCall | PortForwardCall;

/** What a client wants to have of a process. */
export interface CommandStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** Never with a terminal, which has one output. */
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecCall extends CommandStreams {
  readonly kind: "exec";
  readonly container: string;
  readonly command: readonly string[];
}

export interface AttachCall extends CommandStreams {
  readonly kind: "attach";
  readonly container: string;
}

export interface PortForwardCall {
  readonly kind: "portforward";
  /** Of the pod; over SPDY each connection names its own. */
  readonly ports: readonly number[];
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** As in `GET .../pods/NAME/log`. The API server has resolved `container` and checked the numbers. */
export interface LogOptions {
  readonly container: string;
  readonly follow?: boolean;
  /** Of the container before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Each line begins with its time, RFC 3339 with nanoseconds. */
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal;
}
