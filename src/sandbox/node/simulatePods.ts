import type { KubeObject } from "../../contract/index.ts";
import type { FollowEvent, KubeClient, ListOptions } from "../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../kube/KubeError.ts";
import { timeOf, type Clock } from "../Clock.ts";
import { isSidecar, keyOf, type ContainerStatus, type Pod } from "./Pod.ts";
import { PodAddresses } from "./podAddresses.ts";
import {
  runsOnce,
  simulatedContainer,
  wellBehaved,
  type SimulatedBehaviour,
  type SimulatedStep,
} from "./SimulatedBehaviour.ts";
import { shortestEnd } from "./shortestEnd.ts";
import { isTerminal, podStatus } from "./status/podStatus.ts";

export interface SimulateOptions {
  readonly clock: Clock;
  readonly name: string;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
  /** Ready after a moment, unless said. */
  readonly behaviour?: SimulatedBehaviour;
  readonly followed: <T extends KubeObject>(
    kind: { apiVersion: string; kind: string },
    selection: ListOptions,
    take: (event: FollowEvent<T>) => Promise<void> | void,
  ) => Promise<void>;
}

/** A pod that pretends. */
interface Actor {
  pod: Pod;
  readonly steps: Iterator<SimulatedStep>;
  readonly podIP: string;
  readonly startTime: string;
  /** What it comes to when it is due; undefined: its end. */
  step: SimulatedStep | undefined;
  due: number;
  containers: readonly ContainerStatus[];
}

/** Writes under way at once. */
const width = 32;
/** Milliseconds in which what is due together is written together. */
const together = 20;

/**
 * Pods without processes: they do what their behaviour says, and are gone as soon as they are deleted (but see `shortestEnd`). One write a step, no files, no
 * ports, one timer for all: thousands are cheap.
 */
export function simulatePods(
  client: KubeClient,
  options: SimulateOptions,
): { synced: Promise<void>; settled(): Promise<void> } {
  const { clock, name, log, signal, followed, behaviour = wellBehaved } = options;
  const addresses = new PodAddresses();
  /** By uid: all that have begun, and those among them that wait for their next step. */
  const actors = new Map<string, Actor>();
  const waiting = new Map<string, Actor>();
  let loop: Promise<void> | undefined;
  let hurry = new AbortController();
  /** While nothing is due. */
  let wakesAt = 0;

  const work = async (): Promise<void> => {
    while (waiting.size > 0 && !signal.aborted) {
      const now = clock.now();
      const due: [string, Actor][] = [];
      let next = Infinity;
      for (const entry of waiting) {
        if (entry[1].due > now) next = Math.min(next, entry[1].due);
        else if (due.push(entry) === width) break;
      }
      if (due.length === 0) {
        hurry = new AbortController();
        wakesAt = Math.max(next, now + together);
        const stop = AbortSignal.any([signal, hurry.signal]);
        await clock.sleep(wakesAt - now, stop).catch(() => undefined);
        wakesAt = 0;
        continue;
      }
      for (const [uid] of due) waiting.delete(uid);
      await Promise.all(due.map(([uid, actor]) => attend(uid, actor)));
    }
    loop = undefined;
  };
  const schedule = (uid: string, actor: Actor, due: number): void => {
    actor.due = due;
    waiting.set(uid, actor);
    if (due < wakesAt) hurry.abort();
    loop ??= work();
  };
  const attend = async (uid: string, actor: Actor): Promise<void> => {
    const { pod, step } = actor;
    const { name: podName = "", namespace } = pod.metadata;
    const ref = { apiVersion: "v1", kind: "Pod", name: podName, namespace };
    try {
      if (step === undefined) {
        await client.delete(ref, { gracePeriodSeconds: 0, uid });
        return;
      }
      const status = statusAt(actor, step, clock.now());
      await client.patch(ref, "strategic", { metadata: { uid }, status }, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error) && !signal.aborted)
        log(`simulated pod ${keyOf(pod)}: ${String(error)}`);
    }
    // It may have been asked to end meanwhile.
    if (actor.step !== step || waiting.has(uid) || !actors.has(uid)) return;
    const next = actor.steps.next();
    if (next.done === true) return;
    actor.step = next.value;
    schedule(uid, actor, clock.now() + next.value.after);
  };
  const begin = (uid: string, pod: Pod): void => {
    const steps = behaviour(pod)[Symbol.iterator]();
    const first = steps.next();
    if (first.done === true) return;
    const now = clock.now();
    const podIP = addresses.take(pod.status?.podIP);
    const actor = { pod, steps, podIP, startTime: timeOf(now), step: first.value, due: now, containers: [] };
    actors.set(uid, actor);
    schedule(uid, actor, now + first.value.after);
  };
  const take = (event: FollowEvent<Pod>): void => {
    if (event.type === "SYNCED") return;
    const { object: pod } = event;
    const uid = pod.metadata.uid ?? "";
    const known = actors.get(uid);
    if (event.type === "DELETED") {
      actors.delete(uid);
      waiting.delete(uid);
      const podIP = known?.podIP ?? pod.status?.podIP;
      if (podIP !== undefined) addresses.release(podIP);
      return;
    }
    if (pod.spec.nodeName !== name) return;
    if (known !== undefined) known.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const actor = known ?? strangerOf(pod);
      const ending = known !== undefined && known.step === undefined;
      actors.set(uid, actor);
      actor.step = undefined;
      if (!ending) schedule(uid, actor, clock.now() + shortestEnd(pod));
      else if (!waiting.has(uid)) schedule(uid, actor, clock.now());
    } else if (known === undefined && !isTerminal(pod.status?.phase) && pod.status?.podIP === undefined) {
      begin(uid, pod);
    }
  };
  return {
    synced: followed<Pod>(
      { apiVersion: "v1", kind: "Pod" },
      { fieldSelector: `spec.nodeName=${name}` },
      take,
    ),
    settled: async () => loop,
  };
}

/** A pod that another run of this node has begun. */
const strangerOf = (pod: Pod): Actor => ({
  pod,
  steps: [][Symbol.iterator](),
  podIP: pod.status?.podIP ?? "",
  startTime: pod.status?.startTime ?? "",
  step: undefined,
  due: 0,
  containers: [],
});

function statusAt(actor: Actor, step: SimulatedStep, at: number) {
  const { pod, podIP, startTime } = actor;
  const once = runsOnce(pod);
  const initStep = (ends: boolean): SimulatedStep => ({
    after: 0,
    state: ends ? { is: "ended", exitCode: 0 } : { is: "running", ready: true },
  });
  actor.containers = pod.spec.containers.map((container, index) =>
    simulatedContainer(container, step, actor.containers[index], at),
  );
  return podStatus(
    pod,
    {
      inits: (pod.spec.initContainers ?? []).map((container) =>
        simulatedContainer(container, initStep(once || !isSidecar(container)), undefined, at),
      ),
      containers: actor.containers,
      podIP,
      hostIP: "127.0.0.1",
      startTime,
      prepared: true,
      terminating: false,
    },
    pod.status,
    at,
  );
}
