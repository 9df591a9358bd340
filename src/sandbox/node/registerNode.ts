import { arch, cpus, hostname, release, totalmem, type as osType } from "node:os";
import type { KubeObject } from "../../contract/index.ts";
import type { KubeClient } from "../../kube/KubeClient.ts";
import { isAlreadyExists, isNotFound } from "../../kube/KubeError.ts";
import { kubernetesVersion } from "../../kube/loadOpenApi.ts";
import { microTimeOf, timeOf, type Clock } from "../Clock.ts";
import type { NodeCapacity } from "./fieldReference.ts";

export interface NodeIdentity {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly name: string;
  readonly hostIP: string;
  readonly log: (text: string) => void;
  /** Where its kubelet's API listens, if it has one. */
  readonly kubeletPort?: number;
}

/** What this machine has. */
export const machineCapacity = (): NodeCapacity => ({ cpu: cpus().length, memory: totalmem() });

/**
 * What the node says it can take. Requests are not enforced here, so a platform that was written for larger machines must not stay
 * unscheduled: far more than any laptop has.
 */
const room = { cpu: "1000", memory: "4096Gi", "ephemeral-storage": "4096Gi", pods: "10000" };
const leaseNamespace = "kube-node-lease";
const leaseSeconds = 40;

/** What this node can do that an API server has to know, sorted: websockets reach it as they are. */
const declaredFeatures = ["ExtendWebSocketsToKubelet"];

/** Makes the Node object, or brings it up to date. */
export async function registerNode({
  client,
  clock,
  name,
  hostIP,
  kubeletPort,
}: NodeIdentity): Promise<void> {
  const machine: Record<string, string> = { x64: "amd64", arm64: "arm64", ia32: "386" };
  const platform = osType().toLowerCase();
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": platform === "darwin" ? "darwin" : "linux",
    "kubernetes.io/arch": machine[arch()] ?? arch(),
  };
  const node: KubeObject = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: { podCIDR: "10.244.0.0/16", podCIDRs: ["10.244.0.0/16"] },
  };
  try {
    await client.create(node);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.patch({ apiVersion: "v1", kind: "Node", name }, "merge", { metadata: { labels } });
  }
  const now = timeOf(clock.now());
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  await client.patch(
    { apiVersion: "v1", kind: "Node", name },
    "merge",
    {
      status: {
        capacity: room,
        allocatable: room,
        addresses: [
          { type: "InternalIP", address: hostIP },
          { type: "Hostname", address: name },
        ],
        ...(kubeletPort === undefined
          ? {}
          : { daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } }, declaredFeatures }),
        conditions: [
          condition(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
          ),
          condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
          condition(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
          ),
          condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        nodeInfo: {
          architecture: machine[arch()] ?? arch(),
          operatingSystem: platform,
          kernelVersion: release(),
          osImage: `${osType()} on ${hostname()}: pods are processes`,
          containerRuntimeVersion: "process://1",
          kubeletVersion: kubernetesVersion.startsWith("v") ? kubernetesVersion : `v${kubernetesVersion}`,
          kubeProxyVersion: "",
          machineID: "",
          systemUUID: "",
          bootID: "",
        },
      },
    },
    { subresource: "status" },
  );
}

/** As a kubelet does when nothing else is to be said of the node. */
const betweenHeartbeats = 5 * 60_000;

/** Renews the node's Lease every ten seconds, and says from time to time that its conditions still hold, until the signal fires. */
export async function keepAlive(identity: NodeIdentity, signal: AbortSignal): Promise<void> {
  const { clock, log } = identity;
  let heartbeat = clock.now();
  while (!signal.aborted) {
    try {
      await renewLease(identity, signal);
      if (clock.now() - heartbeat >= betweenHeartbeats) {
        heartbeat = clock.now();
        await beat(identity, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      log(`lease of the node: ${String(error)}`);
    }
    await clock.sleep(10_000, signal).catch(() => undefined);
  }
}

async function renewLease({ client, clock, name }: NodeIdentity, signal: AbortSignal): Promise<void> {
  const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name, namespace: leaseNamespace };
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTimeOf(clock.now()),
  };
  try {
    await client.patch(ref, "merge", { spec }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await createLease(client, ref, spec);
  }
}

async function beat({ client, clock, name }: NodeIdentity, signal: AbortSignal): Promise<void> {
  const lastHeartbeatTime = timeOf(clock.now());
  const conditions = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].map((type) => ({
    type,
    lastHeartbeatTime,
  }));
  const ref = { apiVersion: "v1", kind: "Node", name };
  await client.patch(ref, "strategic", { status: { conditions } }, { subresource: "status", signal });
}

async function createLease(
  client: KubeClient,
  ref: { apiVersion: string; kind: string; name: string; namespace: string },
  spec: object,
): Promise<void> {
  const { apiVersion, kind, name, namespace } = ref;
  const lease = { apiVersion, kind, metadata: { name, namespace }, spec };
  try {
    await client.create(lease);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await client.create(lease);
  }
}
