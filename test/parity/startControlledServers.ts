import { clusterConnection, createKubeClient, httpTransport, loadKubeconfig } from "../../src/kube/index.ts";
import type { KubeClient } from "../../src/kube/KubeClient.ts";
import { GarbageCollector } from "../../src/sandbox/api/garbageCollector.ts";
import { administrator, createApiServer } from "../../src/sandbox/api/index.ts";
import { systemClock } from "../../src/sandbox/Clock.ts";
import { startControllers } from "../../src/sandbox/controllers/index.ts";
import { startNode } from "../../src/sandbox/node/index.ts";
import { wellBehaved, type SimulatedBehaviour } from "../../src/sandbox/node/SimulatedBehaviour.ts";
import { startCluster } from "../cluster/startCluster.ts";

/** A cluster with all its controllers, and a node on which pods only pretend. */
export interface ControlledServer {
  readonly client: KubeClient;
  stop(): Promise<void>;
}

const clock = systemClock;
const random = Math.random;
/** What controllers say of refusals is part of the flows. */
const log = (): void => {};

/** Pods of an image `fails:N` end with that exit code; the others do as they should. */
const behaviour: SimulatedBehaviour = (pod) => {
  const code = /fails:(\d+)$/.exec(pod.spec.containers[0]?.image ?? "")?.[1];
  return code === undefined
    ? wellBehaved(pod)
    : [{ after: 20, state: { is: "ended", exitCode: Number(code) } }];
};

/** The real control plane with our simulated node. */
export async function startReal(): Promise<ControlledServer> {
  const cluster = await startCluster({
    flags: { "kube-controller-manager": { "horizontal-pod-autoscaler-sync-period": "1s" } },
  });
  const kubeconfig = loadKubeconfig({ path: cluster.kubeconfig, env: {}, home: "/" });
  const transport = httpTransport(clusterConnection(kubeconfig, { env: {} }));
  const client = createKubeClient(transport);
  const node = await startNode(client, {
    stateDir: "/",
    clock,
    random,
    log,
    environment: {},
    simulate: behaviour,
  });
  return {
    client,
    async stop() {
      await node.stop();
      await transport.close();
      await cluster.stop();
    },
  };
}

/** The sandbox, in memory. */
export async function startOurs(): Promise<ControlledServer> {
  const api = createApiServer({ log });
  const stopping = new AbortController();
  const { signal } = stopping;
  const as = (name: string): KubeClient =>
    createKubeClient(api.transport({ ...administrator, name }), { clock, random });
  const collector = new GarbageCollector(
    api.store,
    api.transport({ ...administrator, name: "system:garbage-collector" }),
    log,
  );
  const controllers = startControllers(as("system:kube-controller-manager"), {
    clock,
    random,
    signal,
    log,
    rootCa: "certificate",
  });
  const node = await startNode(as("system:node:sandbox"), {
    stateDir: "/",
    clock,
    random,
    log,
    environment: {},
    simulate: behaviour,
  });
  await controllers.ready;
  return {
    client: as(administrator.name),
    async stop() {
      stopping.abort();
      await node.stop();
      await collector.close();
      await controllers.stopped;
      await api.close();
    },
  };
}
