import type { KubeObject } from "../../contract/index.ts";
import type { FollowEvent, KubeClient, ListOptions } from "../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../kube/KubeError.ts";
import { timeOf, type Clock } from "../Clock.ts";
import { isSidecar, keyOf, type Container, type ContainerStatus, type Pod } from "./Pod.ts";
import { PodAddresses } from "./podAddresses.ts";
import { isTerminal, podStatus } from "./status/podStatus.ts";

export interface SimulateOptions {
  readonly clock: Clock;
  readonly name: string;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
  readonly followed: <T extends KubeObject>(
    kind: { apiVersion: string; kind: string },
    selection: ListOptions,
    take: (event: FollowEvent<T>) => Promise<void> | void,
  ) => Promise<void>;
}

/** What a pod takes to start, or a job to complete. */
const delay = 20;
/** Writes under way at once. */
const width = 32;

/**
 * Pods without processes: ready after a moment, complete when they are to run once, gone as soon as they are deleted. One write a pod, no
 * files, no ports, no timers of their own: thousands are cheap.
 */
export function simulatePods(
  client: KubeClient,
  options: SimulateOptions,
): { synced: Promise<void>; settled(): Promise<void> } {
  const { clock, name, log, signal, followed } = options;
  const addresses = new PodAddresses();
  const waiting = new Map<string, { pod: Pod; due: number }>();
  let loop: Promise<void> | undefined;

  const work = async (): Promise<void> => {
    while (waiting.size > 0 && !signal.aborted) {
      const now = clock.now();
      const due = [...waiting.values()].filter((entry) => entry.due <= now).slice(0, width);
      if (due.length === 0) {
        await clock.sleep(delay, signal).catch(() => undefined);
        continue;
      }
      for (const { pod } of due) waiting.delete(pod.metadata.uid ?? "");
      await Promise.all(due.map(({ pod }) => attend(pod)));
    }
    loop = undefined;
  };
  const attend = async (pod: Pod): Promise<void> => {
    const { name: podName = "", namespace, uid } = pod.metadata;
    const ref = { apiVersion: "v1", kind: "Pod", name: podName, namespace };
    try {
      if (pod.metadata.deletionTimestamp === undefined) {
        const status = simulatedStatus(pod, addresses.take(pod.status?.podIP), clock.now());
        await client.patch(ref, "strategic", { metadata: { uid }, status }, { subresource: "status" });
      } else await client.delete(ref, { gracePeriodSeconds: 0, uid });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error) && !signal.aborted)
        log(`simulated pod ${keyOf(pod)}: ${String(error)}`);
    }
  };
  const take = (event: FollowEvent<Pod>): void => {
    if (event.type === "SYNCED") return;
    const { object: pod } = event;
    const uid = pod.metadata.uid ?? "";
    if (event.type === "DELETED") {
      waiting.delete(uid);
      if (pod.status?.podIP !== undefined) addresses.release(pod.status.podIP);
      return;
    }
    const leaving = pod.metadata.deletionTimestamp !== undefined;
    if (
      pod.spec.nodeName !== name ||
      (!leaving && (isTerminal(pod.status?.phase) || pod.status?.podIP !== undefined))
    )
      return;
    waiting.set(uid, { pod, due: clock.now() + (leaving ? 0 : delay) });
    loop ??= work();
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

function simulatedStatus(pod: Pod, podIP: string, at: number) {
  const now = timeOf(at);
  const once = pod.spec.restartPolicy === "Never" || pod.spec.restartPolicy === "OnFailure";
  const status = (container: Container, ends: boolean): ContainerStatus => ({
    name: container.name,
    state: ends
      ? { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now } }
      : { running: { startedAt: now } },
    lastState: {},
    ready: !ends,
    started: !ends,
    restartCount: 0,
    image: container.image ?? "",
    imageID: "",
  });
  return podStatus(
    pod,
    {
      inits: (pod.spec.initContainers ?? []).map((container) =>
        status(container, once || !isSidecar(container)),
      ),
      containers: pod.spec.containers.map((container) => status(container, once)),
      podIP,
      hostIP: "127.0.0.1",
      startTime: now,
      prepared: true,
      terminating: false,
    },
    pod.status,
    at,
  );
}
