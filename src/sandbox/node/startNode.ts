import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { FollowEvent, KubeClient, ListOptions } from "../../kube/KubeClient.ts";
import type { LogOptions, NodeBackend, PodRef, StreamCall, Upgrade } from "../api/NodeBackend.ts";
import type { Clock, Random } from "../Clock.ts";
import { EventRecorder } from "../controllers/runtime/EventRecorder.ts";
import { sandboxBackoff, type BackoffOptions } from "./backoff.ts";
import type { Kubelet, KubeletContext, KubeletOptions } from "./kubelet/startKubelet.ts";
import { readLog } from "./logs/readLog.ts";
import type { NodeContext } from "./NodeContext.ts";
import type { Pod } from "./Pod.ts";
import { PodAddresses } from "./podAddresses.ts";
import { podFolder, PodWorker } from "./PodWorker.ts";
import { Preparations } from "./process/Preparations.ts";
import { ProcessLedger } from "./process/ProcessLedger.ts";
import type { Spawn } from "./process/startProcess.ts";
import { TokenMounts, type TokenMountsOptions } from "./process/TokenMounts.ts";
import { ServiceProxies, type Service } from "./proxy/ServiceProxies.ts";
import type { Slice } from "./proxy/targets.ts";
import { PortBook, type PortFree } from "./references/PortBook.ts";
import { keepLease, machineCapacity, registerNode } from "./registerNode.ts";
import { simulatePods } from "./simulatePods.ts";
import type { SimulatedBehaviour } from "./SimulatedBehaviour.ts";
import { handleStreamUpgrade } from "./streams/handleStreamUpgrade.ts";
import { podTarget } from "./streams/podTarget.ts";
import { refuseUpgrade } from "./streams/refuseUpgrade.ts";

export interface NodeOptions {
  /** Absolute. Ports, logs, volumes and the ledger of processes are kept below it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** What programs may inherit: PATH, HOME, LANG and TMPDIR are taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What should not happen. */
  readonly log?: (text: string) => void;
  /** Stops the node, as `stop` does. */
  readonly signal?: AbortSignal;
  /** Of the Node object; `sandbox`. */
  readonly name?: string;
  /** Pods only pretend to run; given a behaviour, they do what it says. */
  readonly simulate?: boolean | SimulatedBehaviour;
  readonly backoff?: BackoffOptions;
  readonly spawn?: Spawn;
  /** Tells whether a loopback port is free. */
  readonly portFree?: PortFree;
  /** Runs what the sandbox brings itself; the binary of this process. */
  readonly nodeBinary?: string;
  /** What to take this machine for, when tokens are shown to programs. */
  readonly tokenMounts?: Pick<TokenMountsOptions, "platform">;
  /** Where the API server is reached, when its own Service leads nowhere. */
  readonly apiServer?: { readonly host: string; readonly port: number };
  /** Serves an API server over HTTPS; the sandbox's own asks in-process. */
  readonly kubelet?: KubeletOptions;
}

export interface RunningNode extends NodeBackend {
  readonly name: string;
  /** Ends all processes within four seconds, and with them the node. Nothing is left behind. */
  stop(): Promise<void>;
}

/** Asked to end, programs get so long before they are killed. */
const patience = 3000;

/**
 * Registers a node and runs the pods that are bound to it. Resolves when it runs: what an earlier run left behind is ended, and the pods
 * that it knew are marked not ready.
 */
export async function startNode(client: KubeClient, options: NodeOptions): Promise<RunningNode> {
  const { stateDir, clock, random, log = () => {}, name = "sandbox" } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const identity = { client, clock, name, hostIP: "127.0.0.1", log };
  const follows: Promise<unknown>[] = [];
  const followed = <T extends KubeObject>(
    kind: { apiVersion: string; kind: string },
    selection: ListOptions,
    take: (event: FollowEvent<T>) => Promise<void> | void,
  ): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const loop = async (): Promise<void> => {
      while (!signal.aborted) {
        try {
          for await (const event of client.follow<T>(kind, { ...selection, signal })) {
            if (event.type === "SYNCED") await take(event);
            // Items of lists don't say what they are.
            else await take({ ...event, object: { ...event.object, ...kind } });
            if (event.type === "SYNCED") resolve();
          }
        } catch (error) {
          if (!signal.aborted) log(`${kind.kind} can't be followed: ${String(error)}`);
        }
        await clock.sleep(1000, signal).catch(() => undefined);
      }
      resolve();
    };
    follows.push(loop());
    return promise;
  };

  let backend: NodeBackend = { logs: notYet, stream: notYet };
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
  if (options.simulate !== undefined && options.simulate !== false) {
    follows.push(keepLease(identity, signal));
    const behaviour = options.simulate === true ? {} : { behaviour: options.simulate };
    const simulated = simulatePods(client, { clock, name, log, signal, followed, ...behaviour });
    await simulated.synced;
    const stop = async (): Promise<void> => {
      stopping.abort();
      await kubelet?.close();
      await Promise.all(follows);
      await simulated.settled();
    };
    options.signal?.addEventListener("abort", () => void stop(), { once: true });
    backend = { logs: pretended, stream: pretendedStream };
    return { name, stop, ...backend };
  }

  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const ledger = new ProcessLedger(stateDir);
  const leftovers = await ledger.endLeftovers(clock);
  if (leftovers.length > 0) log(`ended what an earlier run left behind: ${leftovers.join(", ")}`);

  const workers = new Map<string, PodWorker>();
  const addresses = new PodAddresses();
  const ports = new PortBook({
    file: join(stateDir, "ports.json"),
    random,
    ...(options.portFree === undefined ? {} : { free: options.portFree }),
  });
  const services = new ServiceProxies({
    client,
    clock,
    book: ports,
    log,
    ...(options.apiServer === undefined ? {} : { apiServer: options.apiServer }),
    pods: {
      of: (uid) => workers.get(uid),
      ofHost: (namespace, subdomain, host) =>
        [...workers.values()].find(
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
    inherited: inheritedFrom(options.environment),
    spawn: options.spawn ?? spawn,
    ledger,
    ports,
    services,
    tokenMounts: new TokenMounts({ path: options.environment["PATH"], stateDir, ...options.tokenMounts }),
    preparations: new Preparations({ stateDir, spawn: options.spawn ?? spawn, ledger }),
    events: new EventRecorder({ client, component: "kubelet", clock, signal, log }),
    capacity: machineCapacity(),
    backoff: options.backoff ?? sandboxBackoff,
    nodeBinary: options.nodeBinary ?? process.execPath,
    hostIP: identity.hostIP,
  };

  const forget = (uid: string): void => {
    const worker = workers.get(uid);
    if (worker === undefined) return;
    workers.delete(uid);
    addresses.release(worker.podIP);
  };
  /** First statuses of the pods that were there before this node. */
  let first: Promise<void>[] | undefined = [];
  const takePod = async (event: FollowEvent<Pod>): Promise<void> => {
    if (event.type === "SYNCED") {
      await removeStrangers(stateDir, new Set(workers.keys()));
      return;
    }
    const { object: pod } = event;
    const uid = pod.metadata.uid ?? "";
    const known = workers.get(uid);
    if (event.type === "DELETED") {
      void known?.gone().then(() => forget(uid));
    } else if (known !== undefined) {
      known.update(pod);
    } else if (pod.spec.nodeName === name && !signal.aborted) {
      const worker = new PodWorker(node, pod, addresses.take(pod.status?.podIP), signal);
      workers.set(uid, worker);
      const started = worker.start();
      first?.push(started);
    }
  };

  await Promise.all([
    followed<Service>({ apiVersion: "v1", kind: "Service" }, {}, (event) =>
      event.type === "SYNCED"
        ? undefined
        : event.type === "DELETED"
          ? services.remove(event.object)
          : services.assign(event.object),
    ),
    followed<Slice>({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" }, {}, (event) => {
      if (event.type === "DELETED") services.removeSlice(event.object);
      else if (event.type !== "SYNCED") services.setSlice(event.object);
    }),
  ]);
  await followed<Pod>({ apiVersion: "v1", kind: "Pod" }, { fieldSelector: `spec.nodeName=${name}` }, takePod);
  for (const kind of ["ConfigMap", "Secret"] as const) {
    let synced = false;
    void followed({ apiVersion: "v1", kind }, {}, (event) => {
      if (event.type === "SYNCED") synced = true;
      else if (synced)
        for (const worker of workers.values())
          if (worker.pod.metadata.namespace === event.object.metadata.namespace)
            worker.dataChanged(kind, event.object.metadata.name ?? "");
    });
  }
  follows.push(keepLease(identity, signal));
  await Promise.all(first);
  first = undefined;

  let stopped: Promise<void> | undefined;
  const stopNow = async (): Promise<void> => {
    stopping.abort();
    const all = [...workers.values()];
    for (const worker of all) worker.interrupt();
    const over = Promise.all(all.map((worker) => worker.stopped()));
    const late = new AbortController();
    await Promise.race([over, clock.sleep(patience, late.signal).catch(() => undefined)]);
    for (const worker of all) worker.kill();
    await Promise.race([over, clock.sleep(500, late.signal).catch(() => undefined)]);
    late.abort();
    // Whatever left its process group.
    ledger.killStrays();
    await services.close();
    await kubelet?.close();
    await Promise.all(follows);
  };
  const stop = (): Promise<void> => (stopped ??= stopNow());
  options.signal?.addEventListener("abort", () => void stop(), { once: true });

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
  const stream = (pod: PodRef, call: StreamCall, upgrade: Upgrade): Promise<void> => {
    const worker = workers.get(pod.uid);
    const streamPod = {
      key: `${pod.namespace}/${pod.name}`,
      ports: worker?.ports ?? new Map<number, number>(),
      running: (container: string) => worker?.running(container),
    };
    return handleStreamUpgrade(upgrade, call, podTarget(streamPod, { spawn: node.spawn, ledger, clock }));
  };
  backend = { logs, stream };
  return { name, stop, ...backend };
}

/** Loaded where it is wanted: certificates take a moment to load. */
async function startKubelet(context: KubeletContext): Promise<Kubelet> {
  return (await import("./kubelet/startKubelet.ts")).startKubelet(context);
}

/** Of the user's environment nothing else reaches a program. */
function inheritedFrom(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TMPDIR"];
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** Folders of pods that were deleted while no node ran. */
async function removeStrangers(stateDir: string, known: ReadonlySet<string>): Promise<void> {
  const folder = join(stateDir, "pods");
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  for (const uid of readdirSync(folder)) {
    if (!known.has(uid)) await rm(podFolder(stateDir, uid), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Before the pods are known. */
function notYet(): never {
  throw new MoorageError("Unsupported", "the node is not ready yet");
}

async function pretendedStream(_pod: PodRef, _call: StreamCall, { socket }: Upgrade): Promise<void> {
  refuseUpgrade(socket, { status: 501, message: "this pod only pretends to run" });
}

async function* pretended(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("This pod only pretends to run.\n");
}
