import { join } from "node:path";
import type { DevContainers } from "../../../contract/index.ts";
import { planContainer, type ContainerPlan } from "../containerPlan.ts";
import { ContainerWorker, type ContainerOptions } from "../ContainerWorker.ts";
import type { PodFacts } from "../fieldReference.ts";
import type { NodeContext, StartProblem } from "../NodeContext.ts";
import { isSidecar, type Container, type ContainerStatus, type Pod } from "../Pod.ts";
import type { Substitution } from "../references/substituteServices.ts";
import { isTerminal } from "../status/podStatus.ts";
import { environmentData } from "../volumes/objectData.ts";
import type { PodVolumes } from "../volumes/PodVolumes.ts";
import { devContainersOf } from "./devContainersOf.ts";
import { PodContainers } from "./PodContainers.ts";

/** What the containers of a pod have in common. */
export interface PodContext {
  readonly node: NodeContext;
  /** The pod's folder. */
  readonly folder: string;
  readonly facts: PodFacts;
  readonly volumes: PodVolumes;
  /** As it is at the server now. */
  readonly pod: () => Pod;
  /** Container port -> loopback port, once they are assigned. */
  readonly ports: () => ReadonlyMap<number, number>;
  /** Resolves when the ports are known at the server. */
  readonly announced: Promise<void>;
  /** The pod's status is to be written anew. */
  readonly changed: () => void;
}

/** The containers of a pod that the node comes to, as far as an earlier node brought them. Nothing is started. */
export function containersOf(pod: Pod, context: PodContext): PodContainers {
  const { initContainers = [], containers, restartPolicy = "Always" } = pod.spec;
  const { initContainerStatuses, containerStatuses, phase } = pod.status ?? {};
  const dev = devContainersOf(pod);
  const { node, folder, ports, announced, changed } = context;
  const worker = (
    container: Container,
    options: Pick<ContainerOptions, "policy" | "waiting" | "before">,
  ): ContainerWorker =>
    new ContainerWorker({
      node,
      pod,
      container,
      folder,
      ports,
      fixedPort: dev[container.name]?.fixedPort === true,
      plan: () => planOf(container, dev[container.name], context),
      announced,
      changed,
      ...options,
    });
  const inits = initContainers.map((container, at) =>
    worker(container, {
      policy: isSidecar(container) ? "Always" : restartPolicy === "Always" ? "OnFailure" : restartPolicy,
      waiting: at === 0 ? "ContainerCreating" : "PodInitializing",
      // Those of a pod that goes on run again.
      before:
        isTerminal(phase) || isSidecar(container) ? statusOf(initContainerStatuses, container) : undefined,
    }),
  );
  const mains = containers.map((container) =>
    worker(container, {
      policy: isSidecar(container) ? "Always" : restartPolicy,
      waiting: initContainers.length > 0 ? "PodInitializing" : "ContainerCreating",
      before: statusOf(containerStatuses, container),
    }),
  );
  return new PodContainers(inits, mains, node.clock);
}

/** By what references to services, and to the pod's own ports, are replaced. */
export const substitutionOf = (
  pod: Pod,
  node: NodeContext,
  ownPorts: ReadonlyMap<number, number>,
): Substitution => ({ namespace: pod.metadata.namespace ?? "", services: node.services, ownPorts });

/** How a container is started now. */
async function planOf(
  container: Container,
  dev: DevContainers[string] | undefined,
  context: PodContext,
): Promise<ContainerPlan | StartProblem> {
  const { node, folder, facts, volumes } = context;
  const pod = context.pod();
  const ports = context.ports();
  const { namespace = "" } = pod.metadata;
  return planContainer({
    pod,
    container,
    dev,
    facts,
    capacity: node.capacity,
    dataOf: await environmentData(node.client, namespace, container),
    folders: volumes.folders,
    dataVolumes: volumes.data,
    ports,
    substitution: substitutionOf(pod, node, ports),
    services: node.services.inNamespace(namespace),
    apiServer: node.services.apiServer(),
    tokenMounts: node.tokenMounts,
    inherited: node.inherited,
    folder: join(folder, "containers", container.name),
    nodeBinary: node.nodeBinary,
    stateDir: node.stateDir,
  });
}

const statusOf = (
  statuses: readonly ContainerStatus[] | undefined,
  { name }: Container,
): ContainerStatus | undefined => statuses?.find((status) => status.name === name);
