import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/contract/index.ts";
import { openKubeClient, type KubeClient } from "../../src/kube/index.ts";
import { systemClock } from "../../src/sandbox/Clock.ts";
import { startNode, type NodeOptions, type RunningNode } from "../../src/sandbox/node/index.ts";
import { nodeRights } from "./nodeRights.ts";
import { provisionFolders } from "./provisionFolders.ts";
import type { ControlPlane } from "./startControlPlane.ts";

export interface ClusterNode {
  /** Ends the processes of all pods. */
  stop(): Promise<void>;
}

/** Milliseconds after which a node that isn't ready never will be. */
const patience = 60_000;

/** Joins the sandbox's node to a control plane, over HTTPS and with rights of its own; resolves once pods are scheduled to it. */
export async function startClusterNode(
  plane: ControlPlane,
  options: Pick<NodeOptions, "simulate"> = {},
): Promise<ClusterNode> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-node-"));
  // Programs that run as another user have to get to their own folders.
  chmodSync(folder, 0o711);
  const over = new AbortController();
  const clients: KubeClient[] = [];
  const open = (kubeconfig: string): KubeClient => {
    const { client } = openKubeClient({ env: {}, home: folder, kubeconfig });
    clients.push(client);
    return client;
  };
  let node: RunningNode | undefined;
  let volumes: { readonly over: Promise<unknown> } | undefined;
  const stop = async (): Promise<void> => {
    over.abort();
    await node?.stop();
    await volumes?.over;
    await Promise.all(clients.map((client) => client.close()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const admin = open(plane.kubeconfig);
    for (const object of nodeRights) await admin.create(object);
    const client = open(plane.node.kubeconfig);
    node = await startNode(client, {
      stateDir: join(folder, "state"),
      clock: systemClock,
      random: Math.random,
      environment: process.env,
      ...options,
      name: plane.node.name,
      apiServer: { host: "127.0.0.1", port: Number(new URL(plane.server).port) },
      kubelet: { clientAuthority: plane.node.clientAuthority, certificate: plane.node.certificate },
    });
    // Below the node's state: no other folder of this machine is given to a pod.
    volumes = await provisionFolders(client, join(folder, "state", "volumes"), over.signal);
    await schedulable(admin, plane.node.name);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Node extends KubeObject {
  spec?: { taints?: { key?: string }[] };
}

/** A new node is kept free of pods until its lifecycle controller has seen that it is ready. */
async function schedulable(client: KubeClient, name: string): Promise<void> {
  const ref = { apiVersion: "v1", kind: "Node", name };
  for (const deadline = Date.now() + patience; ; await systemClock.sleep(100)) {
    const { spec } = await client.get<Node>(ref);
    if ((spec?.taints ?? []).length === 0) return;
    if (Date.now() > deadline) throw new Error(`node ${name} stays tainted: ${JSON.stringify(spec?.taints)}`);
  }
}
