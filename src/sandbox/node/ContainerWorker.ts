import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { timeOf } from "../Clock.ts";
import { afterCrash, durationText, noBackoff } from "./backoff.ts";
import type { ContainerPlan } from "./containerPlan.ts";
import { ContainerLog } from "./logs/ContainerLog.ts";
import { logTail } from "./logs/readLog.ts";
import type { NodeContext, StartProblem } from "./NodeContext.ts";
import {
  keyOf,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type RestartPolicy,
  type TerminatedState,
} from "./Pod.ts";
import { takenPort } from "./ports.ts";
import { OutputTap } from "./streams/OutputTap.ts";
import type { RunningContainer } from "./streams/RunningContainer.ts";
import { entered } from "./process/entered.ts";
import { startProcess, type ProcessExit, type RunningProcess } from "./process/startProcess.ts";
import { watchHealth } from "./probes/watchHealth.ts";
import { attempt, type ProbeContext } from "./probes/runProbe.ts";

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
  #state: ContainerState;
  #lastState: ContainerState;
  #ready = false;
  #started = false;
  #restarts: number;
  /** The log that is shown; 0 is that of the first start. */
  #attempt: number;
  #log: ContainerLog | undefined;
  #process: RunningProcess | undefined;
  #plan: ContainerPlan | undefined;
  #running: RunningContainer | undefined;
  readonly #output = new OutputTap();
  #finished: boolean;
  #backoff = noBackoff;
  #containerID: string | undefined;
  #onStarted: (() => void)[] = [];
  /** Ends the wait after a problem. */
  #retry = new AbortController();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.container = options.container;
    const { before } = options;
    this.#restarts = before?.restartCount ?? 0;
    this.#attempt = this.#restarts;
    this.#state = { waiting: { reason: options.waiting } };
    this.#lastState = before?.lastState ?? {};
    this.#containerID = before?.containerID;
    this.#finished = false;
    const ended = before?.state?.terminated;
    const now = timeOf(options.node.clock.now());
    if (ended !== undefined && !this.#restartsAfter(ended.exitCode)) {
      this.#state = { terminated: ended };
      this.#finished = true;
    } else if (before?.state?.running !== undefined || ended !== undefined) {
      const terminated: TerminatedState = ended ?? {
        exitCode: 137,
        reason: "ContainerStatusUnknown",
        message: "The sandbox was stopped while the container ran.",
        startedAt: before?.state.running?.startedAt ?? now,
        finishedAt: now,
      };
      if (ended === undefined && options.policy === "Never") {
        this.#state = { terminated };
        this.#finished = true;
      } else {
        this.#lastState = { terminated };
        this.#restarts++;
      }
    }
  }

  get status(): ContainerStatus {
    return {
      name: this.container.name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.#ready && this.#state.running !== undefined,
      started: this.#started,
      restartCount: this.#restarts,
      image: this.container.image ?? "",
      imageID: "",
      ...(this.#containerID === undefined ? {} : { containerID: this.#containerID }),
    };
  }

  /** Ended, and will not be started again. */
  get finished(): boolean {
    return this.#finished;
  }

  /** For those who join the program; undefined while it does not run. */
  get running(): RunningContainer | undefined {
    return this.#running;
  }

  /** The log that kubectl shows, and whether it still grows. */
  logFile(previous: boolean): { file: string; live: ContainerLog | undefined } | undefined {
    if (previous) {
      if (this.#lastState.terminated === undefined) return undefined;
      const number = this.#state.running === undefined ? this.#attempt : this.#attempt - 1;
      return number < 0 ? undefined : { file: this.#logPath(number), live: undefined };
    }
    const file = this.#logPath(this.#attempt);
    const begun = (this.#log ?? this.#state.terminated ?? this.#lastState.terminated) !== undefined;
    // What its preparation said is told even if the program never started.
    return begun || (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
      ? { file, live: this.#log }
      : undefined;
  }

  /** Runs until the container has ended for good, or was stopped. */
  async run(): Promise<void> {
    const { signal } = this.#ending;
    let problems = noBackoff;
    while (!signal.aborted && !this.#finished) {
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
      if (!this.#restartsAfter(result.exitCode)) {
        this.#finished = true;
        this.#options.changed();
        return;
      }
      await this.#backOff(result);
    }
  }

  /** Says what is waited for while the pod has not come to this container. */
  waitFor(message: string): void {
    const { waiting } = this.#options;
    if (this.#state.waiting !== undefined)
      this.#set({ waiting: { reason: waiting, ...(message === "" ? {} : { message }) } });
  }

  /** What it lacked may be there now. */
  tryAgain(): void {
    this.#retry.abort();
  }

  /** Resolves when the container has started in the sense of its startup probe, or ended for good. */
  whenStarted(): Promise<void> {
    if (this.#started || this.#finished || this.#ending.signal.aborted) return Promise.resolve();
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
    if (!this.#ready) return;
    this.#ready = false;
    this.#options.changed();
  }

  #ended: Promise<unknown> = Promise.resolve();

  async #end(
    running: RunningProcess,
    grace: number,
    { pause, hurry }: { pause?: Promise<void>; hurry?: AbortSignal },
  ): Promise<void> {
    const { clock } = this.#options.node;
    const until = clock.now() + grace;
    const over = new AbortController();
    const stop = hurry === undefined ? over.signal : AbortSignal.any([over.signal, hurry]);
    void running.exited.then(() => over.abort());
    const hook = this.container.lifecycle?.preStop;
    if (hook !== undefined && grace > 0) {
      // Who sends connections hears at once here: no need to wait as long as in a cluster.
      const handler =
        hook.sleep === undefined ? hook : { sleep: { seconds: Math.min(hook.sleep.seconds, 0.3) } };
      const late = new AbortController();
      const limit = clock.sleep(grace, late.signal).then(
        () => undefined,
        () => undefined,
      );
      const result = await Promise.race([
        attempt(handler, this.#probeContext(true), AbortSignal.any([stop, late.signal])),
        limit,
      ]);
      late.abort();
      if (result?.ok === false && !over.signal.aborted)
        this.#event("FailedPreStopHook", `PreStopHook failed: ${result.message}`, true);
    }
    if (pause !== undefined && !stop.aborted) await pause;
    if (!over.signal.aborted) running.signal(this.#plan?.stopSignal ?? "SIGTERM");
    // As the kubelet, at least two seconds after a hook that took all the time.
    const left = Math.max(until - clock.now(), hook === undefined || grace === 0 ? 0 : 2000);
    if (left > 0) await this.#sleep(left, stop);
    if (!over.signal.aborted) running.signal("SIGKILL");
    await running.exited;
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
    const log = this.#openLog();
    try {
      const problem = plan.prepare === undefined ? undefined : await this.#prepare(plan, log);
      if (problem !== undefined) return problem;
      if (signal.aborted) return { reason: "ContainerCreating", message: "" };
      this.#event("Created", `Created container: ${container.name}`);
      let running: RunningProcess;
      try {
        running = await startProcess(
          node.spawn,
          {
            argv: entered(plan.argv, plan),
            cwd: plan.cwd,
            env: { ...plan.env, ...node.ledger.marker },
            uid: plan.uid,
            gid: plan.gid,
          },
          (stream, chunk) => this.#output.pass(stream, chunk, log.append(stream, chunk)),
        );
      } catch (error) {
        return { reason: "RunContainerError", message: startFailure(plan, error as NodeJS.ErrnoException) };
      }
      return await this.#attend(plan, running);
    } finally {
      await log.close();
      if (this.#log === log) this.#log = undefined;
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
  async #attend(plan: ContainerPlan, running: RunningProcess): Promise<ProcessExit> {
    const { node, pod, container } = this.#options;
    this.#plan = plan;
    this.#process = running;
    await node.ledger.record(running.pid, `${keyOf(pod)}/${container.name}`, plan.stopSignal);
    const startedAt = timeOf(node.clock.now());
    this.#containerID = `process://${pod.metadata.uid ?? ""}-${container.name}-${this.#restarts}-${running.pid}`;
    const over = new AbortController();
    this.#running = { plan, output: this.#output, stdin: undefined, ended: over.signal };
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
    this.#ready = false;
    this.#started = false;
    await this.#log?.close();
    const message = await this.#lastWords(plan, exit);
    this.#set({
      terminated: {
        exitCode: exit.exitCode,
        ...(exit.signal === undefined ? {} : { signal: exit.signal }),
        reason: exit.exitCode === 0 ? "Completed" : "Error",
        ...(message === "" ? {} : { message }),
        startedAt,
        finishedAt: timeOf(node.clock.now()),
        containerID: this.#containerID,
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
        this.#started = true;
        this.#options.changed();
        this.#wakeStarted();
      },
      onReady: async (ready) => {
        if (ready) await announced;
        if (signal.aborted || this.#ending.signal.aborted || this.#ready === ready) return;
        this.#ready = ready;
        this.#options.changed();
      },
      onUnhealthy: (kind, message) => this.#event("Unhealthy", `${kind} probe failed: ${message}`, true),
      onFailed: (kind) =>
        fail(`Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`),
    });
  }

  /** For probes, which come often and have no use for a token; or for hooks, which run as the program does. */
  #probeContext(forHook = false): ProbeContext {
    const { node, container, ports, pod } = this.#options;
    return {
      container,
      ports: ports(),
      clock: node.clock,
      exec: async (command, signal) => {
        const plan = this.#plan;
        if (plan === undefined) return { exitCode: 1, output: "the container does not run" };
        let output = "";
        const argv = command.map(plan.substitute);
        const running = await startProcess(
          node.spawn,
          {
            argv: forHook ? entered(argv, plan) : argv,
            cwd: plan.cwd,
            env: { ...plan.env, ...node.ledger.marker },
            uid: plan.uid,
            gid: plan.gid,
          },
          (_stream, chunk) => {
            output = (output + Buffer.from(chunk).toString("utf8")).slice(-10_240);
          },
        );
        await node.ledger.record(running.pid, `${keyOf(pod)}/${container.name} (exec)`);
        const stop = (): void => void running.signal("SIGKILL");
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
        const { exitCode } = await running.exited;
        signal.removeEventListener("abort", stop);
        node.ledger.forget(running.pid);
        return { exitCode, output };
      },
    };
  }

  async #lastWords(plan: ContainerPlan, exit: ProcessExit): Promise<string> {
    let text = "";
    try {
      text = readFileSync(plan.terminationFile, "utf8").slice(0, 4096);
    } catch {
      // The program took it away.
    }
    if (
      text !== "" ||
      exit.exitCode === 0 ||
      this.container.terminationMessagePolicy !== "FallbackToLogsOnError"
    )
      return text;
    return logTail(this.#logPath(this.#attempt));
  }

  async #backOff(exit: ProcessExit): Promise<void> {
    const { node, pod, container } = this.#options;
    const { signal } = this.#ending;
    const { wait, state } = afterCrash(this.#backoff, node.clock.now(), node.backoff);
    this.#backoff = state;
    const terminated = this.#state.terminated;
    if (wait > 0) {
      const text = `restarting failed container=${container.name} pod=${pod.metadata.name ?? ""}_${pod.metadata.namespace ?? ""}(${pod.metadata.uid ?? ""})`;
      this.#lastState = { terminated };
      this.#set({
        waiting: { reason: "CrashLoopBackOff", message: `back-off ${durationText(wait)} ${text}` },
      });
      this.#event("BackOff", `Back-off ${text}`, exit.exitCode !== 0);
      await this.#sleep(wait, signal);
    }
    if (signal.aborted) return;
    this.#lastState = { terminated };
    this.#restarts++;
  }

  #restartsAfter(exitCode: number): boolean {
    const { policy } = this.#options;
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  #openLog(): ContainerLog {
    this.#attempt = this.#restarts;
    // Two are kept: this one and the one before.
    rmSync(this.#logPath(this.#attempt - 2), { force: true });
    rmSync(`${this.#logPath(this.#attempt - 2)}.1`, { force: true });
    mkdirSync(join(this.#options.folder, "logs"), { recursive: true, mode: 0o700 });
    const log = new ContainerLog(this.#logPath(this.#attempt), () => this.#options.node.clock.now());
    this.#log = log;
    return log;
  }

  #logPath(number: number): string {
    return join(this.#options.folder, "logs", this.container.name, `${number}.log`);
  }

  #set(state: ContainerState): void {
    this.#state = state;
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

function startFailure(plan: ContainerPlan, error: NodeJS.ErrnoException): string {
  const program = plan.argv[0] ?? "";
  if (error.code === "ENOENT") {
    return program.includes("/")
      ? `exec: "${program}": no such file or directory (in ${plan.cwd})`
      : `exec: "${program}": executable file not found in $PATH; install it, or say how the image runs here (dev: { run: [...] })`;
  }
  if (error.code === "EACCES") return `exec: "${program}": permission denied: the file is not executable`;
  return `exec: "${program}": ${error.message}`;
}
