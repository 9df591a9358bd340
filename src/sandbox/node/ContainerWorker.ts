import { join } from "node:path";
import { timeOf } from "../Clock.ts";
import { afterCrash, durationText, noBackoff, type BackoffState } from "./backoff.ts";
import { ContainerLogs } from "./container/ContainerLogs.ts";
import { ContainerRecord } from "./container/ContainerRecord.ts";
import { ContainerReport } from "./container/ContainerReport.ts";
import { ContainerRun, type StopOptions } from "./container/ContainerRun.ts";
import { startProgram } from "./container/startProgram.ts";
import type { ContainerPlan } from "./containerPlan.ts";
import type { ContainerLog } from "./logs/ContainerLog.ts";
import type { NodeContext, StartProblem } from "./NodeContext.ts";
import { keyOf, type Container, type ContainerStatus, type Pod, type RestartPolicy } from "./Pod.ts";
import { takenPort } from "./ports.ts";
import type { ProcessExit } from "./process/startProcess.ts";
import { OutputTap } from "./streams/OutputTap.ts";
import type { RunningContainer } from "./streams/RunningContainer.ts";

export interface ContainerOptions {
  readonly node: NodeContext;
  readonly pod: Pod;
  readonly container: Container;
  /** When it is started again. */
  readonly policy: RestartPolicy;
  /** The pod's folder. */
  readonly folder: string;
  /** Container port -> loopback port, once they are assigned. */
  readonly ports: () => ReadonlyMap<number, number>;
  readonly fixedPort: boolean;
  /** Made anew for each start, so that what changed meanwhile counts. */
  readonly plan: () => Promise<ContainerPlan | StartProblem>;
  /** Resolves when the pod's ports are known at the server: before, nobody could reach it. */
  readonly announced: Promise<void>;
  readonly changed: () => void;
  /** What an earlier node left in the pod's status. */
  readonly before?: ContainerStatus;
  /** What waits before the pod comes to this container. */
  readonly waiting: string;
}

/** One container: decides when its program is started, and started again. */
export class ContainerWorker {
  readonly container: Container;
  readonly #options: ContainerOptions;
  readonly #ending = new AbortController();
  readonly #record: ContainerRecord;
  readonly #report: ContainerReport;
  readonly #logs: ContainerLogs;
  /** While a process runs. */
  #run: ContainerRun | undefined;
  #backoff = noBackoff;
  #onStarted: (() => void)[] = [];
  /** Ends the wait after a problem. */
  #retry = new AbortController();
  /** Settles when nothing of the latest start is left. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.container = options.container;
    const { node, pod, container, policy, waiting, before, folder, changed } = options;
    const now = timeOf(node.clock.now());
    this.#record = new ContainerRecord({ container, policy, waiting, before, now });
    this.#report = new ContainerReport(this.#record, pod, node.events, changed);
    this.#logs = new ContainerLogs(
      join(folder, "logs", container.name),
      () => node.clock.now(),
      this.#record,
    );
  }

  get status(): ContainerStatus {
    return this.#record.status;
  }

  /** Ended, and will not be started again. */
  get finished(): boolean {
    return this.#record.finished;
  }

  /** For those who join the program; undefined while it does not run. */
  get running(): RunningContainer | undefined {
    return this.#run?.joinable;
  }

  /** The log that kubectl shows, and whether it still grows. */
  logFile(previous: boolean): { file: string; live: ContainerLog | undefined } | undefined {
    return this.#logs.find(previous);
  }

  /** Runs until the container has ended for good, or was stopped. */
  async run(): Promise<void> {
    const { signal } = this.#ending;
    let problems = noBackoff;
    while (!signal.aborted && !this.#record.finished) {
      const result = await this.#once();
      if (signal.aborted) return;
      if ("reason" in result) {
        problems = await this.#waitAfterProblem(result, problems);
        continue;
      }
      problems = noBackoff;
      if (this.#record.restartsAfter(result.exitCode)) await this.#backOff(result);
      else this.#report.setFinished();
    }
  }

  /** Says what is waited for while the pod has not come to this container. */
  waitFor(message: string): void {
    const { waiting } = this.#options;
    if (this.#record.state.waiting !== undefined)
      this.#report.setState({ waiting: { reason: waiting, ...(message === "" ? {} : { message }) } });
  }

  /** What it lacked may be there now. */
  tryAgain(): void {
    this.#retry.abort();
  }

  /** Resolves when the container has started in the sense of its startup probe, or ended for good. */
  whenStarted(): Promise<void> {
    if (this.#record.started || this.#record.finished || this.#ending.signal.aborted)
      return Promise.resolve();
    return new Promise((resolve) => this.#onStarted.push(resolve));
  }

  /**
   * Ends the container: the preStop hook, then its stop signal, and when `grace` (milliseconds, hook included) is over, SIGKILL. `pause`
   * resolves when the signal may be sent. `hurry` cuts the grace.
   */
  async stop(grace: number, options: StopOptions = {}): Promise<void> {
    this.#ending.abort();
    this.#wakeStarted();
    if (this.#run?.ended === false) {
      this.#report.event("Killing", `Stopping container ${this.container.name}`);
      await this.#run.end(grace, options);
    }
    await this.#ended;
  }

  /** At once, without a word. */
  kill(): void {
    this.#ending.abort();
    this.#run?.kill();
  }

  /** Asks the program to end, without waiting. */
  interrupt(): void {
    this.#ending.abort();
    this.#run?.interrupt();
  }

  /** No more connections: the pod is about to end. */
  unready(): void {
    this.#report.setReady(false);
  }

  async #once(): Promise<StartProblem | ProcessExit> {
    const turn = this.#start();
    this.#ended = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (error) {
      this.#options.node.log(
        `container ${this.container.name} of pod ${keyOf(this.#options.pod)}: ${(error as Error).stack ?? String(error)}`,
      );
      return { reason: "RunContainerError", message: (error as Error).message };
    }
  }

  async #start(): Promise<StartProblem | ProcessExit> {
    const { container } = this.#options;
    const { signal } = this.#ending;
    const plan = await this.#options.plan();
    if ("reason" in plan) return plan;
    if (this.#options.fixedPort) {
      const port = await takenPort(container);
      if (port !== undefined) {
        return {
          reason: "ContainerCreating",
          message: `waits until port ${port} of 127.0.0.1, where this program listens (fixedPort), is free`,
        };
      }
    }
    if (signal.aborted) return stopped;
    const log = this.#logs.open();
    try {
      const problem = plan.prepare === undefined ? undefined : await this.#prepare(plan.prepare, log);
      if (problem !== undefined) return problem;
      if (signal.aborted) return stopped;
      this.#report.event("Created", `Created container: ${container.name}`);
      return await this.#runProgram(plan, log);
    } finally {
      await this.#logs.close(log);
    }
  }

  async #prepare(preparation: Preparation, log: ContainerLog): Promise<StartProblem | undefined> {
    const { node } = this.#options;
    if (node.preparations.isDone(preparation)) return undefined;
    this.#report.setState({
      waiting: { reason: "ContainerCreating", message: `prepares: ${preparation.line}` },
    });
    const env = { ...preparation.env, ...node.ledger.marker };
    const failed = await node.preparations.run(
      { ...preparation, env },
      (stream, chunk) => log.append(stream, chunk),
      this.#ending.signal,
    );
    if (failed === undefined || this.#ending.signal.aborted) return undefined;
    return {
      reason: "CreateContainerConfigError",
      message:
        `prepare failed in ${preparation.cwd}: \`${preparation.line}\` ended with exit code ${failed.exitCode}\n${failed.output}`.trimEnd(),
    };
  }

  async #runProgram(plan: ContainerPlan, log: ContainerLog): Promise<StartProblem | ProcessExit> {
    const { node, pod, container, ports, announced } = this.#options;
    const output = new OutputTap();
    const process = await startProgram(node, container, plan, { log, output });
    if ("reason" in process) return process;
    const run = new ContainerRun({
      node,
      pod,
      container,
      plan,
      process,
      log,
      output,
      logFile: this.#logs.current,
      ports: ports(),
      announced,
      report: this.#report,
      onStarted: () => this.#wakeStarted(),
      ending: this.#ending.signal,
    });
    this.#run = run;
    try {
      return await run.attend();
    } finally {
      this.#run = undefined;
    }
  }

  /** Tells why the container does not start, and waits until it may be tried again. Returns the back-off of the next problem. */
  async #waitAfterProblem(problem: StartProblem, before: BackoffState): Promise<BackoffState> {
    const { node } = this.#options;
    const { signal } = this.#ending;
    const { reason, message } = problem;
    this.#report.setState({ waiting: { reason, message } });
    if (reason !== "ContainerCreating") this.#report.warning("Failed", `Error: ${message}`);
    if (problem.final === true) {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      return before;
    }
    const { wait, state } = afterCrash(before, node.clock.now(), node.backoff);
    this.#retry = new AbortController();
    await this.#sleep(
      reason === "ContainerCreating" ? 250 : Math.max(wait, 1000),
      AbortSignal.any([signal, this.#retry.signal]),
    );
    return state;
  }

  async #backOff(exit: ProcessExit): Promise<void> {
    const { node, pod, container } = this.#options;
    const { signal } = this.#ending;
    const { wait, state } = afterCrash(this.#backoff, node.clock.now(), node.backoff);
    this.#backoff = state;
    const terminated = this.#record.state.terminated;
    this.#record.lastRun = this.#record.restarts;
    if (wait > 0) {
      const text = `restarting failed container=${container.name} pod=${pod.metadata.name ?? ""}_${pod.metadata.namespace ?? ""}(${pod.metadata.uid ?? ""})`;
      this.#record.lastState = { terminated };
      this.#report.setState({
        waiting: { reason: "CrashLoopBackOff", message: `back-off ${durationText(wait)} ${text}` },
      });
      if (exit.exitCode === 0) this.#report.event("BackOff", `Back-off ${text}`);
      else this.#report.warning("BackOff", `Back-off ${text}`);
      await this.#sleep(wait, signal);
    }
    if (signal.aborted) return;
    this.#record.lastState = { terminated };
    this.#record.restarts++;
  }

  #wakeStarted(): void {
    for (const wake of this.#onStarted.splice(0)) wake();
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await this.#options.node.clock.sleep(milliseconds, signal).catch(() => undefined);
  }
}

/** Nothing is said of a start that was stopped. */
const stopped: StartProblem = { reason: "ContainerCreating", message: "" };
type Preparation = NonNullable<ContainerPlan["prepare"]>;
