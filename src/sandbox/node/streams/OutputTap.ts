import type { OutputSink, OutputStream } from "../process/startProcess.ts";

/**
 * Hands what a program says on to those who are attached to it. The program waits for the slowest of them, as it does in a cluster, but its
 * end does not.
 */
export class OutputTap {
  readonly #sinks = new Set<OutputSink>();
  readonly #waits = new Set<() => void>();
  #ended = false;

  /** Returns how to let go again. */
  attach(sink: OutputSink): () => void {
    // The same sink may be attached twice.
    const own: OutputSink = (stream, chunk) => sink(stream, chunk);
    this.#sinks.add(own);
    return () => void this.#sinks.delete(own);
  }

  /** `logged` is waited for in any case. */
  pass(stream: OutputStream, chunk: Uint8Array, logged: void | Promise<void>): void | Promise<void> {
    if (this.#sinks.size === 0) return logged;
    const taken = [...this.#sinks].map((sink) => Promise.resolve(sink(stream, chunk)));
    if (this.#ended) return logged;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits.add(resolve);
    void Promise.all(taken).then(() => {
      this.#waits.delete(resolve);
      resolve();
    });
    return Promise.all([logged, promise]).then(() => undefined);
  }

  /** The program has ended. What it said last, no more than a pipe holds, is handed on without waiting. */
  end(): void {
    this.#ended = true;
    for (const resolve of this.#waits) resolve();
    this.#waits.clear();
  }
}
