import type { OutputSink, OutputStream } from "../process/startProcess.ts";

/** Hands what a program says on to those who are attached to it. The program waits for the slowest of them, as it does in a cluster. */
export class OutputTap {
  readonly #sinks = new Set<OutputSink>();

  /** Returns how to let go again. */
  attach(sink: OutputSink): () => void {
    // The same sink may be attached twice.
    const own: OutputSink = (stream, chunk) => sink(stream, chunk);
    this.#sinks.add(own);
    return () => void this.#sinks.delete(own);
  }

  pass(stream: OutputStream, chunk: Uint8Array, logged: void | Promise<void>): void | Promise<void> {
    if (this.#sinks.size === 0) return logged;
    const waits = [...this.#sinks].map((sink) => sink(stream, chunk));
    return Promise.all([logged, ...waits]).then(() => undefined);
  }
}
