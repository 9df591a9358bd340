import { rm } from "node:fs/promises";
import { join } from "node:path";
import { timeOf } from "../Clock.ts";
import type { PodFacts } from "./fieldReference.ts";
import type { ContainerLog } from "./logs/ContainerLog.ts";
import type { NodeContext } from "./NodeContext.ts";
import { keyOf, type Pod } from "./Pod.ts";
import { containersOf, substitutionOf } from "./pod/containersOf.ts";
import { devContainersOf } from "./pod/devContainersOf.ts";
import type { PodContainers } from "./pod/PodContainers.ts";
import { announcePorts, deletePod } from "./pod/podObject.ts";
import { assignPorts, releasePorts } from "./ports.ts";
import { shortestEnd } from "./shortestEnd.ts";
import type { RunningContainer } from "./streams/RunningContainer.ts";
import { isTerminal, podStatus } from "./status/podStatus.ts";
import { StatusWriter } from "./status/StatusWriter.ts";
import { refersTo } from "./volumes/objectData.ts";
import { PodVolumes } from "./volumes/PodVolumes.ts";

/** So long a ready pod goes on after it was marked not ready, so that nobody is on the way to it. */
const pauseBeforeSignal = 200;

/** One pod of the node, from its binding until it is gone: the order of its containers, its status, its end. */
export class PodWorker {
  readonly #node: NodeContext;
  readonly #folder: string;
  readonly #facts: PodFacts;
  readonly #status: StatusWriter;
  readonly #volumes: PodVolumes;
  readonly #containers: PodContainers;
  readonly #startTime: string;
  /** The node stops. */
  readonly #signal: AbortSignal;
  /** Fires when nothing more is to be started. */
  readonly #life = new AbortController();
  readonly #hurry = new AbortController();
  readonly #announced = Promise.withResolvers<void>();
  #pod: Pod;
  #ports: ReadonlyMap<number, number> = new Map();
  #prepared = false;
  #terminating = false;
  #failed: { reason: string; message: string } | undefined;
  #run: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;
  #cleaned = false;

  constructor(node: NodeContext, pod: Pod, podIP: string, signal: AbortSignal) {
    this.#node = node;
    this.#pod = pod;
    this.#signal = signal;
    this.#folder = podFolder(node.stateDir, pod.metadata.uid ?? "");
    this.#facts = { podIP, hostIP: node.hostIP, nodeName: node.name };
    this.#startTime = pod.status?.startTime ?? timeOf(node.clock.now());
    this.#status = new StatusWriter({
      client: node.client,
      clock: node.clock,
      pod,
      signal,
      log: node.log,
      compute: (before) => podStatus(this.#pod, this.#findings(), before, node.clock.now()),
    });
    this.#volumes = new PodVolumes({
      node,
      folder: this.#folder,
      facts: this.#facts,
      substitution: () => substitutionOf(this.#pod, node, this.#ports),
    });
    this.#containers = containersOf(pod, {
      node,
      folder: this.#folder,
      facts: this.#facts,
      volumes: this.#volumes,
      pod: () => this.#pod,
      ports: () => this.#ports,
      announced: this.#announced.promise,
      changed: () => this.#status.changed(),
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  get podIP(): string {
    return this.#facts.podIP;
  }

  get ports(): ReadonlyMap<number, number> {
    return this.#ports;
  }

  get terminating(): boolean {
    return this.#terminating;
  }

  /** Resolves when the first status is at the server. */
  start(): Promise<void> {
    if (this.#pod.metadata.deletionTimestamp !== undefined) {
      this.update(this.#pod);
      return Promise.resolve();
    }
    if (isTerminal(this.#pod.status?.phase)) return Promise.resolve();
    this.#status.changed();
    const first = this.#status.settled();
    this.#run = this.#runContainers().catch((error: unknown) =>
      this.#node.log(`pod ${keyOf(this.#pod)}: ${(error as Error).stack ?? String(error)}`),
    );
    return first;
  }

  /** The object changed. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#ending ??= this.#terminate().catch((error: unknown) =>
        this.#node.log(`pod ${keyOf(pod)}: ${String(error)}`),
      );
      const shorter =
        (pod.metadata.deletionGracePeriodSeconds ?? 30) <
        (before.metadata.deletionGracePeriodSeconds ?? Infinity);
      if (before.metadata.deletionTimestamp !== undefined && shorter) this.#hurry.abort();
      return;
    }
    const changed =
      JSON.stringify([before.metadata.labels, before.metadata.annotations]) !==
      JSON.stringify([pod.metadata.labels, pod.metadata.annotations]);
    if (changed && this.#prepared) void this.#volumes.refresh(pod);
    // Another's condition may be what a readiness gate waits for.
    if ((pod.spec.readinessGates ?? []).length > 0) this.#status.changed();
  }

  /** A ConfigMap or Secret of the namespace changed. */
  dataChanged(kind: "ConfigMap" | "Secret", name: string): void {
    if (this.#terminating || !refersTo(this.#pod, kind, name)) return;
    if (this.#prepared) void this.#volumes.refresh(this.#pod);
    for (const worker of this.#containers.all) worker.tryAgain();
    this.#volumes.tryAgain();
  }

  /** The object is no more: so are the processes. */
  async gone(): Promise<void> {
    this.#terminating = true;
    this.#status.end();
    this.#life.abort();
    this.#hurry.abort();
    this.kill();
    await this.#run;
    await this.#clean();
  }

  /** The sandbox stops: asks all processes to end. Nothing is started and nothing written any more. */
  interrupt(): void {
    this.#status.end();
    this.#life.abort();
    this.#containers.interrupt();
  }

  kill(): void {
    this.#containers.kill();
  }

  /** Resolves when no process runs any more. */
  async stopped(): Promise<void> {
    await this.#run;
  }

  /** Resolves when the pod has been taken away; undefined while nobody asked for that. */
  get ending(): Promise<void> | undefined {
    return this.#ending;
  }

  /** A container for those who join it; undefined while its program does not run. */
  running(name: string): RunningContainer | undefined {
    return this.#containers.find(name)?.running;
  }

  /** The log of a container, or why there is none. */
  logOf(
    name: string,
    previous: boolean,
  ): { file: string; live: ContainerLog | undefined } | { problem: string } {
    return this.#containers.logOf(name, previous, this.#pod.metadata.name ?? "");
  }

  async #runContainers(): Promise<void> {
    const { signal } = this.#life;
    this.#ports = await assignPorts(this.#pod, devContainersOf(this.#pod), this.#node.ports);
    void announcePorts(this.#node, this.#pod, this.#ports, signal).then(() => this.#announced.resolve());
    await this.#node.services.known(this.#pod.metadata.namespace ?? "");
    if (!(await this.#mount()) || signal.aborted) return;
    this.#prepared = true;
    this.#limitTime();
    const running = new AbortController();
    void this.#volumes.keepFresh(() => this.#pod, AbortSignal.any([signal, running.signal]));
    await this.#containers.run(signal, () => this.#grace(), this.#hurry.signal);
    running.abort();
    this.#status.changed();
    await this.#status.settled();
  }

  async #mount(): Promise<boolean> {
    return this.#volumes.mount(this.#pod, this.#life.signal, (problem) => {
      for (const worker of this.#containers.all) worker.waitFor(problem ?? "");
    });
  }

  #limitTime(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const left = Math.max(0, Date.parse(this.#startTime) + seconds * 1000 - this.#node.clock.now());
    void this.#node.clock.sleep(left, this.#life.signal).then(
      async () => {
        this.#failed = {
          reason: "DeadlineExceeded",
          message: "Pod was active on the node longer than the specified deadline",
        };
        this.#life.abort();
        await this.#containers.stop(this.#grace(), this.#hurry.signal);
        this.#status.changed();
      },
      () => undefined,
    );
  }

  async #terminate(): Promise<void> {
    this.#terminating = true;
    this.#node.services.wake();
    this.#life.abort();
    const hurried = AbortSignal.any([this.#hurry.signal, this.#signal]);
    const seen = this.#node.clock.sleep(shortestEnd(this.#pod), hurried).catch(() => undefined);
    const grace =
      (this.#pod.metadata.deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) *
      1000;
    const reachable = this.#ports.size > 0 && this.#containers.ready;
    const pause = reachable
      ? this.#node.clock.sleep(Math.min(pauseBeforeSignal, grace), this.#hurry.signal).catch(() => undefined)
      : undefined;
    await this.#containers.stop(grace, this.#hurry.signal, pause);
    await this.#run;
    if (!isTerminal(this.#pod.status?.phase)) this.#status.changed();
    await this.#status.settled();
    await seen;
    this.#status.end();
    await deletePod(this.#node, this.#pod);
    await this.#clean();
  }

  async #clean(): Promise<void> {
    if (this.#cleaned) return;
    this.#cleaned = true;
    this.#announced.resolve();
    releasePorts(this.#pod, this.#node.ports);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #findings() {
    return {
      inits: this.#containers.inits.map(({ status }) => status),
      containers: this.#containers.containers.map(({ status }) => status),
      podIP: this.#facts.podIP,
      hostIP: this.#facts.hostIP,
      startTime: this.#startTime,
      prepared: this.#prepared,
      terminating: this.#terminating,
      ...(this.#failed === undefined ? {} : { failed: this.#failed }),
    };
  }

  #grace(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }
}

/** Everything that the node keeps of one pod. */
export const podFolder = (stateDir: string, uid: string): string => join(stateDir, "pods", uid);
