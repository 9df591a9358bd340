import type { KubeObject } from "../contract/index.ts";
import { isNotFound } from "./KubeError.ts";
import type { KubeClient } from "./KubeClient.ts";

/** One line of one container. */
export interface PodLogLine {
  readonly pod: string;
  readonly container: string;
  readonly line: string;
}

/** Which logs, and how much of them. */
export interface PodLogOptions {
  readonly namespace: string;
  /** `app.kubernetes.io/name=curator`. */
  readonly labelSelector: string;
  /** Only this container; all of them, init containers included, unless said. */
  readonly container?: string;
  /** Go on until the signal fires, with pods that appear later. */
  readonly follow?: boolean;
  /** Of the container's last run before this one. */
  readonly previous?: boolean;
  /** Only so many last lines of each container. Default: all. */
  readonly tailLines?: number;
  /** Only what is not older. */
  readonly sinceSeconds?: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onLine: (line: PodLogLine) => void;
}

/**
 * The logs of all pods that a selector picks, line by line as they come.
 *
 * @returns how many containers were read
 */
export async function followPodLogs(client: KubeClient, options: PodLogOptions): Promise<number> {
  const { namespace, labelSelector, signal } = options;
  const pods = { apiVersion: "v1", kind: "Pod" };
  let containers = 0;
  const read = async (pod: KubeObject, container: string): Promise<void> => {
    containers += 1;
    const name = pod.metadata.name ?? "";
    try {
      const chunks = client.logs(
        { namespace, name },
        {
          container,
          follow: options.follow,
          previous: options.previous,
          tailLines: options.tailLines,
          sinceSeconds: options.sinceSeconds,
          signal,
        },
      );
      for await (const line of linesOf(chunks)) options.onLine({ pod: name, container, line });
    } catch (error) {
      // Gone between the list and the read, or the caller had enough.
      if (!isNotFound(error) && !signal.aborted) throw error;
    }
  };

  if (options.follow !== true) {
    const { items } = await client.list(pods, { namespace, labelSelector, signal });
    for (const pod of items) {
      for (const container of startedContainers(pod, options)) {
        // One after the other: the lines of a pod stay together.
        await read(pod, container);
      }
    }
    return containers;
  }

  const open = new Set<string>();
  const reads: Promise<void>[] = [];
  for await (const event of client.follow(pods, { namespace, labelSelector, signal })) {
    if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
    for (const container of startedContainers(event.object, options)) {
      const key = `${event.object.metadata.uid} ${container} ${restartsOf(event.object, container)}`;
      if (open.has(key)) continue;
      open.add(key);
      reads.push(read(event.object, container));
    }
  }
  await Promise.allSettled(reads);
  return containers;
}

interface ContainerStatus {
  name: string;
  restartCount?: number;
  state?: { running?: unknown; terminated?: unknown };
  lastState?: { terminated?: unknown };
}

const statusesOf = (pod: KubeObject): ContainerStatus[] => {
  const status = (pod.status ?? {}) as Record<string, ContainerStatus[] | undefined>;
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
};

/** Containers that have written something, or may have. */
function startedContainers(pod: KubeObject, { container, previous }: PodLogOptions): string[] {
  return statusesOf(pod)
    .filter((status) => container === undefined || status.name === container)
    .filter(({ state, lastState, restartCount = 0 }) =>
      previous === true
        ? lastState?.terminated !== undefined
        : state?.running !== undefined || state?.terminated !== undefined || restartCount > 0,
    )
    .map((status) => status.name);
}

const restartsOf = (pod: KubeObject, container: string): number =>
  statusesOf(pod).find((status) => status.name === container)?.restartCount ?? 0;

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
