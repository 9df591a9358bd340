import type { KubeClient } from "../../../kube/KubeClient.ts";
import { isConflict, isNotFound } from "../../../kube/KubeError.ts";
import { timeOf, type Clock } from "../../Clock.ts";
import { isFinished, type Pod, type PodStatus } from "../objects/Pod.ts";

/** What becomes of a pod that was started. */
export type Fate =
  /** Runs, and is ready. */
  | "ready"
  /** Runs, and never gets ready. */
  | "unready"
  /** Is not even started. */
  | "pending"
  /** Ends at once with this code. */
  | { readonly exits: number };

export interface SimulatedNode {
  /** What becomes of pods from now on, and of those that run. Unless told: ready. */
  fate(decide: (pod: Pod) => Fate): Promise<void>;
  /** Whether pods that are deleted really end. Unless told: at once. */
  holdsDeletions(held: boolean): Promise<void>;
  stop(): void;
}

/** A node named `node` that says of its pods what a kubelet would say, and runs nothing. */
export async function simulatedNode(
  client: KubeClient,
  clock: Clock,
  registers = true,
): Promise<SimulatedNode> {
  const stop = new AbortController();
  const pods = new Map<string, Pod>();
  let decide: (pod: Pod) => Fate = () => "ready";
  let held = false;
  let addresses = 0;
  if (registers) await register(client, clock);

  async function look(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      if (pod.metadata.deletionTimestamp !== undefined) {
        if (held) return;
        if (!isFinished(pod)) await tell(pod, statusOf(pod, { exits: 143 }));
        await client.delete(
          { apiVersion: "v1", kind: "Pod", name: name!, namespace },
          { uid, gracePeriodSeconds: 0 },
        );
        return;
      }
      if (isFinished(pod)) return;
      await tell(pod, statusOf(pod, decide(pod)));
    } catch (error) {
      // Somebody else was faster: the watch tells of it, and the pod is looked at again.
      if (!isNotFound(error) && !isConflict(error) && !stop.signal.aborted) throw error;
    }
  }

  async function tell(pod: Pod, status: PodStatus): Promise<void> {
    if (JSON.stringify(status) === JSON.stringify(pod.status)) return;
    await client.replace({ ...pod, status }, { subresource: "status" });
  }

  function statusOf(pod: Pod, fate: Fate): PodStatus {
    const now = timeOf(clock.now());
    const before = pod.status ?? {};
    if (fate === "pending") return before;
    const exits = typeof fate === "object" ? fate.exits : undefined;
    const ready = fate === "ready";
    const condition = (type: string, holds: boolean): NonNullable<PodStatus["conditions"]>[number] => {
      const old = before.conditions?.find((entry) => entry.type === type);
      const status = holds ? "True" : "False";
      return { type, status, lastTransitionTime: old?.status === status ? old.lastTransitionTime : now };
    };
    const others = (before.conditions ?? []).filter(
      (entry) => !["Ready", "ContainersReady", "Initialized"].includes(entry.type),
    );
    addresses += before.podIP === undefined ? 1 : 0;
    return {
      ...before,
      phase: exits === undefined ? "Running" : exits === 0 ? "Succeeded" : "Failed",
      hostIP: "127.0.0.1",
      podIP: before.podIP ?? `10.244.${addresses >> 8}.${addresses & 255}`,
      startTime: before.startTime ?? now,
      conditions: [
        ...others,
        condition("Initialized", true),
        condition("Ready", ready),
        condition("ContainersReady", ready),
      ],
      containerStatuses: pod.spec.containers.map(({ name, image }) => ({
        name,
        image: String(image),
        imageID: "",
        ready,
        started: exits === undefined,
        restartCount: 0,
        state:
          exits === undefined
            ? { running: { startedAt: before.startTime ?? now } }
            : {
                terminated: {
                  exitCode: exits,
                  reason: exits === 0 ? "Completed" : "Error",
                  startedAt: now,
                  finishedAt: now,
                },
              },
      })),
    };
  }

  const lookAtAll = async (): Promise<void> => {
    for (const pod of pods.values()) await look(pod);
  };
  void (async () => {
    for await (const event of client.follow<Pod>(
      { apiVersion: "v1", kind: "Pod" },
      { fieldSelector: "spec.nodeName=node", signal: stop.signal },
    )) {
      if (event.type === "SYNCED") continue;
      const key = `${event.object.metadata.namespace}/${event.object.metadata.name}`;
      if (event.type === "DELETED") pods.delete(key);
      else {
        const pod = { ...event.object, apiVersion: "v1", kind: "Pod" };
        pods.set(key, pod);
        await look(pod);
      }
    }
  })();
  return {
    async fate(next) {
      decide = next;
      await lookAtAll();
    },
    async holdsDeletions(next) {
      held = next;
      await lookAtAll();
    },
    stop: () => stop.abort(),
  };
}

async function register(client: KubeClient, clock: Clock): Promise<void> {
  await client.create({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node", labels: { "kubernetes.io/hostname": "node", "kubernetes.io/os": "linux" } },
  });
  const node = await client.get({ apiVersion: "v1", kind: "Node", name: "node" });
  await client.replace(
    {
      ...node,
      status: {
        allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
        capacity: { cpu: "4", memory: "8Gi", pods: "110" },
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "KubeletReady",
            message: "",
            lastTransitionTime: timeOf(clock.now()),
          },
        ],
      },
    },
    { subresource: "status" },
  );
}
