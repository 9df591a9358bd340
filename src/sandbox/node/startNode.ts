import { devAnnotations, MoorageError } from "../../contract/index.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import type { NodeBackend } from "../api/NodeBackend.ts";
import { followKinds } from "./followKinds.ts";
import type { Kubelet, KubeletContext } from "./kubelet/startKubelet.ts";
import type { Pod } from "./Pod.ts";
import { PodAddresses } from "./podAddresses.ts";
import type { PodRunner } from "./PodRunner.ts";
import { keepAlive, registerNode } from "./registerNode.ts";
import type { NodeOptions } from "./NodeOptions.ts";
import { runPods } from "./runPods.ts";
import { simulatePods } from "./simulatePods.ts";

export interface RunningNode extends NodeBackend {
  readonly name: string;
  /** Ends all processes within four seconds, and with them the node. Nothing is left behind. */
  stop(): Promise<void>;
}

/**
 * Registers a node and runs the pods that are bound to it. Resolves when it runs: what an earlier run left behind is ended, and the pods
 * that it knew are marked not ready.
 */
export async function startNode(client: KubeClient, options: NodeOptions): Promise<RunningNode> {
  const { clock, log = () => {}, name = "sandbox", simulate = false } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const identity = { client, clock, name, hostIP: "127.0.0.1", log };
  const { follow, over } = followKinds(client, clock, signal, log);
  const runners: PodRunner[] = [];
  const backend = backendOf(runners);
  const kubelet =
    options.kubelet === undefined
      ? undefined
      : await startKubelet({
          ...options.kubelet,
          client,
          clock,
          nodeName: name,
          address: identity.hostIP,
          backend: () => backend,
          log,
        });
  await registerNode({ ...identity, ...(kubelet === undefined ? {} : { kubeletPort: kubelet.port }) });
  const alive = keepAlive(identity, signal);
  const shared = { ...identity, signal, follow, addresses: new PodAddresses() };
  // Who comes first is asked for a pod that nobody has yet.
  if (simulate === false || simulate === "rest") {
    const takes = simulate === false ? () => true : saysHowItRuns;
    runners.push(await runPods({ ...shared, node: options, takes }));
  }
  if (simulate !== false) {
    const takes = simulate === "rest" ? (pod: Pod): boolean => !saysHowItRuns(pod) : () => true;
    const behaviour = typeof simulate === "function" ? { behaviour: simulate } : {};
    runners.push(await simulatePods({ ...shared, takes, ...behaviour }));
  }

  let stopped: Promise<void> | undefined;
  const stopNow = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(runners.map((runner) => runner.stop()));
    await kubelet?.close();
    await Promise.all([alive, over()]);
  };
  const stop = (): Promise<void> => (stopped ??= stopNow());
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  return { name, stop, ...backend };
}

const saysHowItRuns = ({ metadata }: Pod): boolean =>
  metadata.annotations?.[devAnnotations.containers] !== undefined;

/** Each pod's runner answers for it. */
function backendOf(runners: readonly PodRunner[]): NodeBackend {
  const of = (uid: string): NodeBackend => {
    const [first] = runners;
    if (first === undefined) throw new MoorageError("Unsupported", "the node is not ready yet");
    return (runners.find((runner) => runner.has(uid)) ?? first).backend;
  };
  return {
    logs: (pod, wanted) => of(pod.uid).logs(pod, wanted),
    stream: (pod, call, upgrade) => of(pod.uid).stream(pod, call, upgrade),
  };
}

/** Loaded where it is wanted: certificates take a moment to load. */
async function startKubelet(context: KubeletContext): Promise<Kubelet> {
  return (await import("./kubelet/startKubelet.ts")).startKubelet(context);
}
