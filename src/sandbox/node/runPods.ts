import { spawn as systemSpawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EventRecorder } from "../controllers/runtime/EventRecorder.ts";
import { sandboxBackoff } from "./backoff.ts";
import type { Follow } from "./followKinds.ts";
import type { NodeContext } from "./NodeContext.ts";
import type { Pod } from "./Pod.ts";
import type { PodAddresses } from "./podAddresses.ts";
import type { PodRunner } from "./PodRunner.ts";
import { PodWorkers } from "./PodWorkers.ts";
import { processBackend } from "./processBackend.ts";
import { Preparations } from "./process/Preparations.ts";
import { ProcessLedger } from "./process/ProcessLedger.ts";
import { TokenMounts } from "./process/TokenMounts.ts";
import { ServiceProxies } from "./proxy/ServiceProxies.ts";
import type { Service } from "./proxy/Service.ts";
import type { Slice } from "./proxy/targets.ts";
import { PortBook } from "./references/PortBook.ts";
import { machineCapacity, type NodeIdentity } from "./registerNode.ts";
import type { NodeOptions } from "./NodeOptions.ts";

export interface RunPodsOptions extends NodeIdentity {
  readonly node: NodeOptions;
  readonly signal: AbortSignal;
  readonly follow: Follow;
  readonly addresses: PodAddresses;
  /** Whether a pod of the node is to run as processes. */
  readonly takes: (pod: Pod) => boolean;
}

/** Asked to end, programs get so long before they are killed. */
const patience = 3000;
/** Killed, they are gone in a moment; on a machine that is busy the system comes to it later. */
const aftermath = 2000;

/**
 * Runs pods as processes. Resolves when it does: what an earlier run left behind is ended, and the pods that it knew are marked not ready.
 */
export async function runPods(options: RunPodsOptions): Promise<PodRunner> {
  const { client, clock, log, name, hostIP, signal, follow } = options;
  const { stateDir, random, environment, spawn = systemSpawn } = options.node;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const ledger = new ProcessLedger(stateDir);
  const leftovers = await ledger.endLeftovers(clock);
  if (leftovers.length > 0) log(`ended what an earlier run left behind: ${leftovers.join(", ")}`);

  const { portFree, apiServer } = options.node;
  const ports = new PortBook({
    file: join(stateDir, "ports.json"),
    random,
    ...(portFree === undefined ? {} : { free: portFree }),
  });
  const services = new ServiceProxies({
    client,
    clock,
    book: ports,
    log,
    ...(apiServer === undefined ? {} : { apiServer }),
    pods: {
      of: (uid) => workers.get(uid),
      ofHost: (namespace, subdomain, host) =>
        workers
          .all()
          .find(
            ({ pod }) =>
              pod.metadata.namespace === namespace &&
              pod.spec.subdomain === subdomain &&
              (pod.spec.hostname ?? pod.metadata.name) === host,
          )?.ports,
    },
  });
  const node: NodeContext = {
    client,
    clock,
    log,
    name,
    stateDir,
    inherited: inheritedFrom(environment),
    spawn,
    ledger,
    ports,
    services,
    tokenMounts: new TokenMounts({ path: environment["PATH"], stateDir, ...options.node.tokenMounts }),
    preparations: new Preparations({ stateDir, spawn, ledger }),
    events: new EventRecorder({ client, component: "kubelet", clock, signal, log }),
    capacity: machineCapacity(),
    backoff: options.node.backoff ?? sandboxBackoff,
    nodeBinary: options.node.nodeBinary ?? process.execPath,
    hostIP,
  };
  const workers = new PodWorkers(node, options);

  await Promise.all([
    follow<Service>({ apiVersion: "v1", kind: "Service" }, {}, (event) =>
      event.type === "SYNCED"
        ? undefined
        : event.type === "DELETED"
          ? services.remove(event.object)
          : services.assign(event.object),
    ),
    follow<Slice>({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" }, {}, (event) => {
      if (event.type === "DELETED") services.removeSlice(event.object);
      else if (event.type !== "SYNCED") services.setSlice(event.object);
    }),
  ]);
  await follow<Pod>({ apiVersion: "v1", kind: "Pod" }, { fieldSelector: `spec.nodeName=${name}` }, (event) =>
    workers.take(event),
  );
  for (const kind of ["ConfigMap", "Secret"] as const) {
    let synced = false;
    void follow({ apiVersion: "v1", kind }, {}, (event) => {
      if (event.type === "SYNCED") synced = true;
      else if (synced)
        for (const worker of workers.all())
          if (worker.pod.metadata.namespace === event.object.metadata.namespace)
            worker.dataChanged(kind, event.object.metadata.name ?? "");
    });
  }
  await workers.known();

  return {
    backend: processBackend(node, workers, signal),
    has: (uid) => workers.get(uid) !== undefined,
    async stop() {
      const all = workers.all();
      for (const worker of all) worker.interrupt();
      const over = Promise.all(all.map((worker) => worker.stopped()));
      const late = new AbortController();
      await Promise.race([over, clock.sleep(patience, late.signal).catch(() => undefined)]);
      for (const worker of all) worker.kill();
      // Whatever left its process group: also what it would say is waited for no longer.
      await ledger.endStrays(clock);
      await Promise.race([over, clock.sleep(aftermath, late.signal).catch(() => undefined)]);
      late.abort();
      await services.close();
    },
  };
}

/** Of the user's environment nothing else reaches a program. */
function inheritedFrom(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TMPDIR"];
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}
