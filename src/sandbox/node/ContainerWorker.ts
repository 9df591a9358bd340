import { join } from "node:path";
import { timeOf } from "../Clock.ts";
import { afterCrash, durationText, noBackoff } from "./backoff.ts";
import { ContainerLogs } from "./container/ContainerLogs.ts";
import { ContainerRecord } from "./container/ContainerRecord.ts";
import { endContainer } from "./container/endContainer.ts";
import { lastWords } from "./container/lastWords.ts";
import { runBeside } from "./container/runBeside.ts";
import { startFailure } from "./container/startFailure.ts";
import type { ContainerPlan } from "./containerPlan.ts";
import type { ContainerLog } from "./logs/ContainerLog.ts";
import type { NodeContext, StartProblem } from "./NodeContext.ts";
import {
  keyOf,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type RestartPolicy,
} from "./Pod.ts";
import { takenPort } from "./ports.ts";
import { attempt, type ProbeContext } from "./probes/runProbe.ts";
import { watchHealth } from "./probes/watchHealth.ts";
import { entered } from "./process/entered.ts";
import {
  startProcess,
  type OutputSink,
  type ProcessExit,
  type RunningProcess,
} from "./process/startProcess.ts";
import { OutputTap } from "./streams/OutputTap.ts";
import type { RunningContainer } from "./streams/RunningContainer.ts";
import { startProgramOnTerminal } from "./streams/startProgramOnTerminal.ts";

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

/** One container: starts its program, watches it, starts it again. */
export class ContainerWorker {
  readonly container: Container;
  readonly #options: ContainerOptions;
  readonly #ending = new AbortController();
  readonly #record: ContainerRecord;
  readonly #logs: ContainerLogs;
  #process: RunningProcess | undefined;
  #plan: ContainerPlan | undefined;
  #running: RunningContainer | undefined;
  #backoff = noBackoff;
  #onStarted: (() => void)[] = [];
  /** Ends the wait after a problem. */
  #retry = new AbortController();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.container = options.container;
    const { node, container, policy, waiting, before, folder } = options;
    const now = timeOf(node.clock.now());
    this.#record = new ContainerRecord({ container, policy, waiting, before, now });
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
    return this.#running;
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
        this.#set({ waiting: { reason: result.reason, message: result.message } });
        if (result.reason !== "ContainerCreating") this.#event("Failed", `Error: ${result.message}`, true);
        if (result.final === true) {
          await new Promise<void>((resolve) =>
            signal.addEventListener("abort", () => resolve(), { once: true }),
          );
          return;
        }
        const { wait, state } = afterCrash(
          problems,
          this.#options.node.clock.now(),
          this.#options.node.backoff,
        );
        problems = state;
        this.#retry = new AbortController();
        await this.#sleep(
          result.reason === "ContainerCreating" ? 250 : Math.max(wait, 1000),
          AbortSignal.any([signal, this.#retry.signal]),
        );
        continue;
      }
      problems = noBackoff;
      if (!this.#record.restartsAfter(result.exitCode)) {
        this.#record.finished = true;
        this.#options.changed();
        return;
      }
      await this.#backOff(result);
    }
  }

  /** Says what is waited for while the pod has not come to this container. */
  waitFor(message: string): void {
    const { waiting } = this.#options;
    if (this.#record.state.waiting !== undefined)
      this.#set({ waiting: { reason: waiting, ...(message === "" ? {} : { message }) } });
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
  async stop(grace: number, options: { pause?: Promise<void>; hurry?: AbortSignal } = {}): Promise<void> {
    this.#ending.abort();
    this.#wakeStarted();
    const running = this.#process;
    if (running === undefined) {
      await this.#ended;
      return;
    }
    this.#event("Killing", `Stopping container ${this.container.name}`);
    await this.#end(running, grace, options);
    await this.#ended;
  }

  /** At once, without a word. */
  kill(): void {
    this.#ending.abort();
    this.#process?.signal("SIGKILL");
  }

  /** Asks the program to end, without waiting. */
  interrupt(): void {
    this.#ending.abort();
    this.#process?.signal(this.#plan?.stopSignal ?? "SIGTERM");
  }

  /** No more connections: the pod is about to end. */
  unready(): void {
    if (!this.#record.ready) return;
    this.#record.ready = false;
    this.#options.changed();
  }

  #ended: Promise<unknown> = Promise.resolve();

  #end(
    running: RunningProcess,
    grace: number,
    { pause, hurry }: { pause?: Promise<void>; hurry?: AbortSignal },
  ): Promise<void> {
    return endContainer({
      clock: this.#options.node.clock,
      running,
      grace,
      stopSignal: this.#plan?.stopSignal ?? "SIGTERM",
      hook: this.container.lifecycle?.preStop,
      context: this.#probeContext(true),
      onHookFailed: (message) => this.#event("FailedPreStopHook", `PreStopHook failed: ${message}`, true),
      pause,
      hurry,
    });
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
    const { node, container } = this.#options;
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
    if (signal.aborted) return { reason: "ContainerCreating", message: "" };
    const log = this.#logs.open();
    try {
      const problem = plan.prepare === undefined ? undefined : await this.#prepare(plan, log);
      if (problem !== undefined) return problem;
      if (signal.aborted) return { reason: "ContainerCreating", message: "" };
      this.#event("Created", `Created container: ${container.name}`);
      const output = new OutputTap();
      let running: RunningProcess;
      try {
        const spec = {
          argv: entered(plan.argv, plan),
          cwd: plan.cwd,
          env: { ...plan.env, ...node.ledger.marker },
          uid: plan.uid,
          gid: plan.gid,
          stdin: container.stdin === true,
        };
        const sink: OutputSink = (stream, chunk) => output.pass(stream, chunk, log.append(stream, chunk));
        running = await (container.tty === true
          ? startProgramOnTerminal(spec, sink, () => output.end())
          : startProcess(node.spawn, spec, sink, () => output.end()));
      } catch (error) {
        return { reason: "RunContainerError", message: startFailure(plan, error as NodeJS.ErrnoException) };
      }
      return await this.#attend(plan, running, log, output);
    } finally {
      await this.#logs.close(log);
    }
  }

  async #prepare(plan: ContainerPlan, log: ContainerLog): Promise<StartProblem | undefined> {
    const { node } = this.#options;
    const preparation = plan.prepare;
    if (preparation === undefined || node.preparations.isDone(preparation)) return undefined;
    this.#set({ waiting: { reason: "ContainerCreating", message: `prepares: ${preparation.line}` } });
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

  /** While the process runs. */
  async #attend(
    plan: ContainerPlan,
    running: RunningProcess,
    log: ContainerLog,
    output: OutputTap,
  ): Promise<ProcessExit> {
    const { node, pod, container } = this.#options;
    this.#plan = plan;
    this.#process = running;
    await node.ledger.record(running.pid, this.#what, plan.stopSignal);
    const startedAt = timeOf(node.clock.now());
    this.#record.containerID = `process://${pod.metadata.uid ?? ""}-${container.name}-${this.#record.restarts}-${running.pid}`;
    const over = new AbortController();
    this.#running = {
      plan,
      output,
      stdin: running.stdin,
      stdinOnce: container.stdinOnce === true,
      ended: over.signal,
      resize: (size) => running.resize?.(size),
    };
    this.#set({ running: { startedAt } });
    this.#event("Started", `Started container ${container.name}`);
    if (this.#ending.signal.aborted) running.signal("SIGKILL");
    const health = this.#watch(running, over.signal);
    const exit = await running.exited;
    this.#running = undefined;
    over.abort();
    await health;
    node.ledger.forget(running.pid);
    this.#process = undefined;
    this.#record.ready = false;
    this.#record.started = false;
    await log.close();
    const message = await lastWords(container, plan.terminationFile, this.#logs.current, exit.exitCode);
    this.#set({
      terminated: {
        exitCode: exit.exitCode,
        ...(exit.signal === undefined ? {} : { signal: exit.signal }),
        reason: exit.exitCode === 0 ? "Completed" : "Error",
        ...(message === "" ? {} : { message }),
        startedAt,
        finishedAt: timeOf(node.clock.now()),
        containerID: this.#record.containerID,
      },
    });
    return exit;
  }

  async #watch(running: RunningProcess, signal: AbortSignal): Promise<void> {
    const { node, container, announced } = this.#options;
    const context = this.#probeContext();
    const fail = async (why: string): Promise<void> => {
      this.#event("Killing", why);
      const seconds =
        container.livenessProbe?.terminationGracePeriodSeconds ??
        this.#options.pod.spec.terminationGracePeriodSeconds ??
        30;
      await this.#end(running, seconds * 1000, {});
    };
    const hook = container.lifecycle?.postStart;
    if (hook !== undefined) {
      const result = await attempt(hook, this.#probeContext(true), signal);
      if (signal.aborted) return;
      if (!result.ok) {
        this.#event("FailedPostStartHook", `PostStartHook failed: ${result.message}`, true);
        await fail("FailedPostStartHook");
        return;
      }
    }
    await watchHealth({
      container,
      context,
      clock: node.clock,
      signal,
      onStarted: () => {
        this.#record.started = true;
        this.#options.changed();
        this.#wakeStarted();
      },
      onReady: async (ready) => {
        if (ready) await announced;
        if (signal.aborted || this.#ending.signal.aborted || this.#record.ready === ready) return;
        this.#record.ready = ready;
        this.#options.changed();
      },
      onUnhealthy: (kind, message) => this.#event("Unhealthy", `${kind} probe failed: ${message}`, true),
      onFailed: (kind) =>
        fail(`Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`),
    });
  }

  /** For probes, which come often and have no use for a token; or for hooks, which run as the program does. */
  #probeContext(forHook = false): ProbeContext {
    const { node, container, ports } = this.#options;
    return {
      container,
      ports: ports(),
      clock: node.clock,
      exec: async (command, signal) =>
        this.#plan === undefined
          ? { exitCode: 1, output: "the container does not run" }
          : runBeside(command, { node, plan: this.#plan, what: this.#what, withToken: forHook, signal }),
    };
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
      this.#set({
        waiting: { reason: "CrashLoopBackOff", message: `back-off ${durationText(wait)} ${text}` },
      });
      this.#event("BackOff", `Back-off ${text}`, exit.exitCode !== 0);
      await this.#sleep(wait, signal);
    }
    if (signal.aborted) return;
    this.#record.lastState = { terminated };
    this.#record.restarts++;
  }

  /** For people. */
  get #what(): string {
    return `${keyOf(this.#options.pod)}/${this.container.name}`;
  }

  #set(state: ContainerState): void {
    this.#record.state = state;
    this.#options.changed();
  }

  #wakeStarted(): void {
    for (const wake of this.#onStarted.splice(0)) wake();
  }

  #event(reason: string, message: string, warning = false): void {
    const { node, pod } = this.#options;
    if (warning) node.events.warning(pod, reason, message);
    else node.events.normal(pod, reason, message);
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await this.#options.node.clock.sleep(milliseconds, signal).catch(() => undefined);
  }
}
