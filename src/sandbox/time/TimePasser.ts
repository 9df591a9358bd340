import { MoorageError } from "../../contract/index.ts";
import type { Transport } from "../../kube/Transport.ts";
import type { DrivenClock } from "../drivenClock.ts";

export interface TimePasserOptions {
  readonly clock: DrivenClock;
  /** The newest revision of the store: while it grows, something happens. */
  readonly revision: () => number;
  /** Waited for after each timer that led to a write: real programs need real time to start. */
  readonly pause?: () => Promise<void>;
}

/** Turns of the event loop without any request or write after which nothing is left to do but to wait. */
const quietTurns = 8;
/** Turns without a timer, a request or a write after which nothing can come any more. */
const deadTurns = 2000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the time of a driven clock pass, as fast as everything allows that happens in it. */
export class TimePasser {
  readonly #options: TimePasserOptions;
  #requests = 0;
  #open = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: TimePasserOptions) {
    this.#options = options;
  }

  /** A transport whose requests are waited for before time goes on. */
  counted(inner: Transport): Transport {
    const send: Transport["send"] = async (request) => {
      this.#requests++;
      this.#open++;
      try {
        return await inner.send(request);
      } finally {
        this.#open--;
        this.#requests++;
      }
    };
    return { ...inner, send };
  }

  /**
   * Lets time pass until some work has ended: whenever nothing is left to do, the next timer is due. Errors: the work's own, and
   * `SandboxFailed` when it waits for what can't come.
   */
  async run<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const { clock, revision, pause } = this.#options;
    let ended = false;
    const end = (): void => void (ended = true);
    work.then(end, end);
    for (let dead = 0; ; signal?.throwIfAborted()) {
      if (!(await this.#isQuiet())) continue;
      if (ended) return await work;
      const next = clock.next();
      if (next !== undefined) {
        dead = 0;
        const before = revision();
        clock.advance(Math.max(0, next - clock.now()));
        if (pause === undefined || !(await this.#isQuiet())) continue;
        if (revision() !== before) await pause();
      } else if ((dead += quietTurns) > deadTurns) {
        throw new MoorageError("SandboxFailed", "The simulated sandbox waits for something that can't come.");
      }
    }
  }

  /** Lets everything happen that happens within so many milliseconds. Who comes second waits for the first. */
  pass(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const passed = this.#last.then(() => this.run(clock.sleep(milliseconds, signal), signal));
    this.#last = passed.catch(() => undefined);
    return passed;
  }

  async #isQuiet(): Promise<boolean> {
    let before = -1;
    for (let quiet = 0; quiet < quietTurns;) {
      await turn();
      const now = this.#requests + this.#options.revision();
      if (now !== before) {
        before = now;
        quiet = 0;
      } else if (++quiet >= quietTurns) return this.#open === 0;
    }
    return true;
  }
}
