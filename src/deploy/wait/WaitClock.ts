import type { Clock } from "../../kube/Clock.ts";
import type { Phase } from "./phase.ts";

/** Time that was spent in one phase. */
export interface PhaseTime {
  readonly phase: Phase;
  readonly milliseconds: number;
}

/** Adds up how long something was in which phase. */
export class WaitClock {
  readonly #clock: Clock;
  readonly #spent = new Map<Phase, number>();
  #phase: Phase | undefined;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.leave();
    this.#phase = phase;
    this.#since = this.#clock.now();
  }

  leave(): void {
    if (this.#phase === undefined) return;
    const spent = this.#clock.now() - this.#since;
    this.#spent.set(this.#phase, (this.#spent.get(this.#phase) ?? 0) + spent);
    this.#phase = undefined;
  }

  /** The longest first. */
  spent(): PhaseTime[] {
    return [...this.#spent]
      .map(([phase, milliseconds]) => ({ phase, milliseconds }))
      .toSorted((a, b) => b.milliseconds - a.milliseconds);
  }
}
