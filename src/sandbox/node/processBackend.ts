import { MoorageError } from "../../contract/index.ts";
import type { LogOptions, NodeBackend, PodRef } from "../api/NodeBackend.ts";
import { readLog } from "./logs/readLog.ts";
import type { NodeContext } from "./NodeContext.ts";
import type { PodWorkers } from "./PodWorkers.ts";
import { handleStreamUpgrade } from "./streams/handleStreamUpgrade.ts";
import { podTarget } from "./streams/podTarget.ts";

/** Logs and streams of pods that run as processes. */
export function processBackend(node: NodeContext, workers: PodWorkers, signal: AbortSignal): NodeBackend {
  const { clock, spawn, ledger } = node;
  async function* logs(pod: PodRef, wanted: LogOptions): AsyncGenerator<Uint8Array> {
    const worker = workers.get(pod.uid);
    if (worker === undefined) {
      throw new MoorageError(
        "Unsupported",
        `container "${wanted.container}" in pod "${pod.name}" is waiting to start: ContainerCreating`,
      );
    }
    const found = worker.logOf(wanted.container, wanted.previous === true);
    if ("problem" in found) throw new MoorageError("Unsupported", found.problem);
    const since =
      wanted.sinceTime === undefined
        ? wanted.sinceSeconds === undefined
          ? undefined
          : clock.now() - wanted.sinceSeconds * 1000
        : Date.parse(wanted.sinceTime);
    const { follow, tailLines, limitBytes, timestamps } = wanted;
    const either = wanted.signal === undefined ? signal : AbortSignal.any([wanted.signal, signal]);
    yield* readLog(found.file, found.live, {
      follow,
      tailLines,
      limitBytes,
      since,
      timestamps,
      signal: either,
    });
  }
  return {
    logs,
    stream: (pod, call, upgrade) => {
      const worker = workers.get(pod.uid);
      const streamPod = {
        key: `${pod.namespace}/${pod.name}`,
        port: (port: number) =>
          worker !== undefined && workers.get(pod.uid) === worker
            ? (worker.ports.get(port) ?? port)
            : undefined,
        running: (container: string) => worker?.running(container),
      };
      return handleStreamUpgrade(upgrade, call, podTarget(streamPod, { spawn, ledger, clock }));
    },
  };
}
