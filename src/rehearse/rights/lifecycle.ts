import { Life, type TakeOptions } from "./Life.ts";
import type { Lived } from "./Lived.ts";
import type { Step, StepOutcome } from "./steps.ts";

export interface LifecycleOptions {
  readonly deny?: TakeOptions["deny"];
  /** Told of each request that reached the server. */
  readonly onRequest?: (
    request: Parameters<NonNullable<TakeOptions["onRequest"]>>[0],
    step: Step,
    status: number,
  ) => void;
  /** Told of each step; when it says so, the others are not taken any more. */
  readonly isOver?: (outcome: StepOutcome) => boolean;
  /** Only these steps; all of them unless said. */
  readonly only?: ReadonlySet<Step>;
}

/** Rehearses a whole life, from its beginning; a step that fails does not stop those after it. */
export async function lifecycle(lived: Lived, options: LifecycleOptions = {}): Promise<StepOutcome[]> {
  const { deny, onRequest, isOver, only } = options;
  const life = await Life.begin(lived);
  try {
    const outcomes: StepOutcome[] = [];
    for (const step of life.steps) {
      if (only?.has(step) === false) continue;
      const outcome = await life.take(step, {
        ...(deny === undefined ? {} : { deny }),
        onRequest: (request, status) => onRequest?.(request, step, status),
      });
      outcomes.push(outcome);
      if (isOver?.(outcome) === true) break;
    }
    return outcomes;
  } finally {
    await life.end();
  }
}
