import type { Clock, Random } from "../../Clock.ts";
import { backoffDelay } from "../../../kube/backoff.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Reconciles running at the same time, of different keys. */
  readonly concurrency: number;
  /** Milliseconds after which the key is to be looked at again; nothing when only a change can give work. */
  readonly reconcile: (key: string) => Promise<number | void>;
  readonly onError: (key: string, error: unknown, attempt: number) => void;
}

/**
 * Keys to be reconciled. A key is in work at most once at a time; one that is added meanwhile is worked on again afterwards. Failures are repeated with
 * back-off, per key.
 */
/** Of Node's timers: 24 days. */
const longestTimer = 2 ** 31 - 1;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Key -> when it is due, and what stops its timer. Only the earliest counts. */
  readonly #due = new Map<string, { at: number; stop: AbortController }>();
  #paused = true;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** Nothing is worked on before this. */
  start(): void {
    this.#paused = false;
    this.#pump();
  }

  add(key: string): void {
    if (this.#options.signal.aborted) return;
    this.#waiting.add(key);
    this.#pump();
  }

  addAfter(key: string, later: number): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    // A timer that is longer fires at once; what comes too early just finds that there is nothing to do yet.
    const milliseconds = Math.min(later, longestTimer);
    const at = clock.now() + milliseconds;
    const known = this.#due.get(key);
    if (known && known.at <= at) return;
    known?.stop.abort();
    const stop = new AbortController();
    this.#due.set(key, { at, stop });
    clock.sleep(milliseconds, stop.signal).then(
      () => {
        if (stop.signal.aborted) return;
        this.#due.delete(key);
        this.add(key);
      },
      () => undefined, // Stopped: an earlier time counts, or the end.
    );
  }

  /** Nothing waits and nothing is in work (timers aside). */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  #pump(): void {
    if (this.#paused) return;
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#options.concurrency) return;
      if (this.#working.has(key)) continue;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    const { reconcile, onError, random, signal } = this.#options;
    try {
      // Lets events that arrive together be one reconcile.
      await Promise.resolve();
      const again = await reconcile(key);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      if (!signal.aborted) {
        const attempt = this.#failures.get(key) ?? 0;
        this.#failures.set(key, attempt + 1);
        onError(key, error, attempt);
        this.addAfter(key, backoffDelay(attempt, { initial: 20, max: 30_000, random }));
      }
    } finally {
      this.#working.delete(key);
      this.#pump();
    }
  }

  #stop(): void {
    this.#waiting.clear();
    for (const { stop } of this.#due.values()) stop.abort();
    this.#due.clear();
  }
}
