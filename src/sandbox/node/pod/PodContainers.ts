import type { Clock } from "../../Clock.ts";
import type { ContainerWorker } from "../ContainerWorker.ts";
import type { ContainerLog } from "../logs/ContainerLog.ts";
import { isSidecar } from "../Pod.ts";

/** The containers of one pod: the order in which they start and end. */
export class PodContainers {
  readonly inits: readonly ContainerWorker[];
  readonly containers: readonly ContainerWorker[];
  readonly #clock: Clock;

  constructor(inits: readonly ContainerWorker[], containers: readonly ContainerWorker[], clock: Clock) {
    this.inits = inits;
    this.containers = containers;
    this.#clock = clock;
  }

  get all(): readonly ContainerWorker[] {
    return [...this.inits, ...this.containers];
  }

  find(name: string): ContainerWorker | undefined {
    return this.all.find(({ container }) => container.name === name);
  }

  /** Somebody may be connected. */
  get ready(): boolean {
    return this.containers.some(({ status }) => status.ready);
  }

  /**
   * Runs the init containers one after the other, sidecars beside them, then the others, until all have ended for good or the signal fires. At
   * the end of the others the sidecars have so many milliseconds.
   */
  async run(signal: AbortSignal, grace: () => number, hurry: AbortSignal): Promise<void> {
    const sidecars: Promise<void>[] = [];
    // Nothing to initialize for: an earlier run ended them all for good.
    const over = this.containers.every(({ finished }) => finished);
    for (const worker of over ? [] : this.inits) {
      if (signal.aborted) break;
      if (isSidecar(worker.container)) {
        sidecars.push(worker.run());
        await worker.whenStarted();
        continue;
      }
      await worker.run();
      if (worker.status.state.terminated?.exitCode !== 0) break;
      // The main containers' statuses stay as they are: waiting for the pod's initialization.
    }
    const initialized = this.inits.every(
      (worker) => isSidecar(worker.container) || worker.status.state.terminated?.exitCode === 0,
    );
    if (initialized && !signal.aborted) await Promise.all(this.containers.map((worker) => worker.run()));
    if (!signal.aborted) await this.#stopSidecars(grace(), hurry);
    await Promise.all(sidecars);
  }

  /** Ends all within so many milliseconds, sidecars last. `pause` resolves when they may be told; `hurry` cuts the time. */
  async stop(grace: number, hurry: AbortSignal, pause?: Promise<void>): Promise<void> {
    const until = this.#clock.now() + grace;
    const options = { ...(pause === undefined ? {} : { pause }), hurry };
    const first = [...this.containers, ...this.inits.filter(({ container }) => !isSidecar(container))];
    for (const worker of [...first, ...this.inits]) worker.unready();
    await Promise.all(first.map((worker) => worker.stop(grace, options)));
    await this.#stopSidecars(Math.max(0, until - this.#clock.now()), hurry);
  }

  /** Asks all programs to end, without waiting. */
  interrupt(): void {
    for (const worker of this.all) worker.interrupt();
  }

  kill(): void {
    for (const worker of this.all) worker.kill();
  }

  /** The log of a container, or in the kubelet's words why there is none. */
  logOf(
    name: string,
    previous: boolean,
    pod: string,
  ): { file: string; live: ContainerLog | undefined } | { problem: string } {
    const worker = this.find(name);
    if (worker === undefined) return { problem: `container ${name} is not valid for pod ${pod}` };
    const found = worker.logFile(previous);
    if (found !== undefined) return found;
    if (previous) return { problem: `previous terminated container "${name}" in pod "${pod}" not found` };
    const { reason = "ContainerCreating", message } = worker.status.state.waiting ?? {};
    const why = message === undefined || reason === "ContainerCreating" ? "" : `: ${message}`;
    return { problem: `container "${name}" in pod "${pod}" is waiting to start: ${reason}${why}` };
  }

  /** The last that started goes first. */
  async #stopSidecars(grace: number, hurry: AbortSignal): Promise<void> {
    const until = this.#clock.now() + grace;
    for (const worker of this.inits.filter(({ container }) => isSidecar(container)).toReversed())
      await worker.stop(Math.max(0, until - this.#clock.now()), { hurry });
  }
}
