import type { FollowEvent, KubeClient } from "../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../kube/KubeError.ts";
import type { PodRef, StreamCall, Upgrade } from "../api/NodeBackend.ts";
import { timeOf, type Clock } from "../Clock.ts";
import type { Follow } from "./followKinds.ts";
import { isSidecar, keyOf, type ContainerStatus, type Pod } from "./Pod.ts";
import type { PodAddresses } from "./podAddresses.ts";
import type { PodRunner } from "./PodRunner.ts";
import {
  runsOnce,
  simulatedContainer,
  wellBehaved,
  type SimulatedBehaviour,
  type SimulatedStep,
} from "./SimulatedBehaviour.ts";
import { refuseUpgrade } from "./streams/refuseUpgrade.ts";
import { shortestEnd } from "./shortestEnd.ts";
import { isTerminal, podStatus } from "./status/podStatus.ts";

export interface SimulateOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly name: string;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
  /** Ready after a moment, unless said. */
  readonly behaviour?: SimulatedBehaviour;
  readonly follow: Follow;
  readonly addresses: PodAddresses;
  /** Whether a pod of the node is to pretend. */
  readonly takes: (pod: Pod) => boolean;
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
export async function simulatePods(options: SimulateOptions): Promise<PodRunner> {
  const { client, clock, name, log, signal, follow, addresses, takes, behaviour = wellBehaved } = options;
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
    if (!takes(pod)) return;
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
  await follow<Pod>({ apiVersion: "v1", kind: "Pod" }, { fieldSelector: `spec.nodeName=${name}` }, take);
  return {
    backend: { logs: pretended, stream: pretendedStream },
    has: (uid) => actors.has(uid),
    stop: async () => loop,
  };
}

async function* pretended(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("This pod only pretends to run.\n");
}

async function pretendedStream(_pod: PodRef, _call: StreamCall, { socket }: Upgrade): Promise<void> {
  refuseUpgrade(socket, { status: 501, message: "this pod only pretends to run" });
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
