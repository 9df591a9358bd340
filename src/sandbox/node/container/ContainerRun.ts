import { timeOf } from "../../Clock.ts";
import type { ContainerPlan } from "../containerPlan.ts";
import type { ContainerLog } from "../logs/ContainerLog.ts";
import type { NodeContext } from "../NodeContext.ts";
import { keyOf, type Container, type Pod } from "../Pod.ts";
import { attempt, type ProbeContext } from "../probes/runProbe.ts";
import { watchHealth } from "../probes/watchHealth.ts";
import type { ProcessExit, RunningProcess } from "../process/startProcess.ts";
import type { OutputTap } from "../streams/OutputTap.ts";
import type { RunningContainer } from "../streams/RunningContainer.ts";
import type { ContainerReport } from "./ContainerReport.ts";
import { endContainer } from "./endContainer.ts";
import { lastWords } from "./lastWords.ts";
import { runBeside } from "./runBeside.ts";

export interface RunOptions {
  readonly node: NodeContext;
  readonly pod: Pod;
  readonly container: Container;
  readonly plan: ContainerPlan;
  /** The program. */
  readonly process: RunningProcess;
  /** What it says: to the log, and to those who joined it. */
  readonly log: ContainerLog;
  readonly output: OutputTap;
  /** The log's file. */
  readonly logFile: string;
  /** Container port -> loopback port. */
  readonly ports: ReadonlyMap<number, number>;
  /** Resolves when the pod's ports are known at the server: before, nobody could reach it. */
  readonly announced: Promise<void>;
  readonly report: ContainerReport;
  /** The container has started in the sense of its startup probe. */
  readonly onStarted: () => void;
  /** Fires when the container is to end: it will not get ready any more. */
  readonly ending: AbortSignal;
}

/** How a program is asked to end. */
export interface StopOptions {
  /** Resolves when the signal may be sent. */
  readonly pause?: Promise<void>;
  /** Cuts the grace. */
  readonly hurry?: AbortSignal;
}

/** One run of a container's program, from the start of its process until that has ended: hooks, probes, what is told of it. */
export class ContainerRun {
  readonly #options: RunOptions;
  readonly #over = new AbortController();
  #joinable: RunningContainer | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** For those who join the program; undefined before it is known to run and after its end. */
  get joinable(): RunningContainer | undefined {
    return this.#joinable;
  }

  get ended(): boolean {
    return this.#over.signal.aborted;
  }

  /** Watches the program until it has ended. */
  async attend(): Promise<ProcessExit> {
    const { node, process, plan, report, ending } = this.#options;
    const { record } = report;
    try {
      await node.ledger.record(process.pid, this.#what, plan.stopSignal);
    } catch (error) {
      // Nobody would end it after a kill of the sandbox, and it is about to be started again.
      process.signal("SIGKILL");
      await process.exited;
      throw error;
    }
    const startedAt = timeOf(node.clock.now());
    this.#announceStart(startedAt);
    if (ending.aborted) process.signal("SIGKILL");
    const health = this.#watch();
    // A program that nobody watches any more is ended; the reason is told when it has.
    health.catch(() => this.kill());
    const exit = await process.exited;
    this.#joinable = undefined;
    this.#over.abort();
    await health;
    node.ledger.forget(process.pid);
    record.ready = false;
    record.started = false;
    await this.#announceEnd(exit, startedAt);
    return exit;
  }

  /** Ends the program: the preStop hook, then its stop signal, and when `grace` (milliseconds, hook included) is over, SIGKILL. */
  end(grace: number, { pause, hurry }: StopOptions = {}): Promise<void> {
    const { node, container, process, plan, report } = this.#options;
    return endContainer({
      clock: node.clock,
      running: process,
      grace,
      stopSignal: plan.stopSignal,
      hook: container.lifecycle?.preStop,
      context: this.#contextOf("hook"),
      onHookFailed: (message) => report.warning("FailedPreStopHook", `PreStopHook failed: ${message}`),
      pause,
      hurry,
    });
  }

  /** Asks the program to end, without waiting. */
  interrupt(): void {
    if (!this.ended) this.#options.process.signal(this.#options.plan.stopSignal);
  }

  kill(): void {
    if (!this.ended) this.#options.process.signal("SIGKILL");
  }

  #announceStart(startedAt: string): void {
    const { pod, container, plan, process, output, report } = this.#options;
    const { record } = report;
    record.containerID = `process://${pod.metadata.uid ?? ""}-${container.name}-${record.restarts}-${process.pid}`;
    this.#joinable = {
      plan,
      output,
      stdin: process.stdin,
      stdinOnce: container.stdinOnce === true,
      ended: this.#over.signal,
      resize: (size) => process.resize?.(size),
    };
    report.setState({ running: { startedAt } });
    report.event("Started", `Started container ${container.name}`);
  }

  async #announceEnd(exit: ProcessExit, startedAt: string): Promise<void> {
    const { node, container, plan, log, logFile, report } = this.#options;
    await log.close();
    const message = await lastWords(container, plan.terminationFile, logFile, exit.exitCode);
    report.setState({
      terminated: {
        exitCode: exit.exitCode,
        ...(exit.signal === undefined ? {} : { signal: exit.signal }),
        reason: exit.exitCode === 0 ? "Completed" : "Error",
        ...(message === "" ? {} : { message }),
        startedAt,
        finishedAt: timeOf(node.clock.now()),
        containerID: report.record.containerID,
      },
    });
  }

  async #watch(): Promise<void> {
    const { node, container, announced, report, onStarted, ending } = this.#options;
    const { signal } = this.#over;
    const hook = container.lifecycle?.postStart;
    if (hook !== undefined) {
      const result = await attempt(hook, this.#contextOf("hook"), signal);
      if (signal.aborted) return;
      if (!result.ok) {
        report.warning("FailedPostStartHook", `PostStartHook failed: ${result.message}`);
        await this.#fail("FailedPostStartHook");
        return;
      }
    }
    await watchHealth({
      container,
      context: this.#contextOf("probe"),
      clock: node.clock,
      signal,
      onStarted: () => {
        report.setStarted();
        onStarted();
      },
      onReady: async (ready) => {
        if (ready) await announced;
        if (!signal.aborted && !ending.aborted) report.setReady(ready);
      },
      onUnhealthy: (kind, message) => report.warning("Unhealthy", `${kind} probe failed: ${message}`),
      onFailed: (kind) =>
        this.#fail(`Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`),
    });
  }

  async #fail(why: string): Promise<void> {
    const { pod, container, report } = this.#options;
    report.event("Killing", why);
    const seconds =
      container.livenessProbe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    await this.end(seconds * 1000);
  }

  /** Probes come often and have no use for a token; hooks run as the program does. */
  #contextOf(use: "probe" | "hook"): ProbeContext {
    const { node, container, plan, ports } = this.#options;
    const what = this.#what;
    return {
      container,
      ports,
      clock: node.clock,
      exec: (command, signal) => runBeside(command, { node, plan, what, withToken: use === "hook", signal }),
    };
  }

  /** For people. */
  get #what(): string {
    return `${keyOf(this.#options.pod)}/${this.#options.container.name}`;
  }
}
