import type { Duplex, Writable } from "node:stream";
import type { AttachCall, ExecCall, StreamCall } from "../../api/NodeBackend.ts";
import type { Clock } from "../../Clock.ts";
import type { OutputSink, ProcessExit } from "../process/startProcess.ts";

/** What a pod offers to those who connect with it. */
export interface StreamTarget {
  /** Of the pod, for people. */
  readonly name: string;
  readonly clock: Clock;
  /** Why the call can't be served, in the kubelet's words. Asked before the connection is upgraded. */
  refusal(call: StreamCall): Promise<Refusal | undefined>;
  /** Runs a command beside the container's program. Rejects, in words, when it can't be started. */
  exec(call: ExecCall, sink: OutputSink): Promise<Session>;
  /** Joins the container's program. */
  attach(call: AttachCall, sink: OutputSink): Promise<Session>;
  /** Connects with what listens on a port of the pod. Rejects with the system's error. */
  connect(port: number): Promise<Duplex>;
}

export interface Refusal {
  /** Of HTTP. */
  readonly status: number;
  readonly message: string;
}

/** A process somebody is connected with. */
export interface Session {
  /** Undefined when it reads nothing. */
  readonly stdin: Writable | undefined;
  /** Resolves when it has ended and all of its output was taken. Never rejects. */
  readonly ended: Promise<ProcessExit>;
  resize(size: TerminalSize): void;
  /** The client is gone. */
  hangUp(): void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
