import { mkdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { MoorageError } from "../contract/index.ts";
import { createKubeClient } from "../kube/createKubeClient.ts";
import type { Transport } from "../kube/Transport.ts";
import { administrator, createApiServer } from "./api/index.ts";
import { tokenReader } from "./api/https/Authenticator.ts";
import { issueServerCertificate } from "./api/https/certificates.ts";
import { startHttpsServer } from "./api/https/httpsServer.ts";
import { kubeconfigOf } from "./api/https/kubeconfig.ts";
import { loadAuthority } from "./api/https/loadAuthority.ts";
import { loadTokenKey } from "./api/authentication/loadTokenKey.ts";
import { writePrivateFile } from "./api/https/writePrivateFile.ts";
import { GarbageCollector } from "./api/garbageCollector.ts";
import { salvageJournal, type Salvage } from "./api/store/salvageJournal.ts";
import { sqliteJournal } from "./api/store/sqliteJournal.ts";
import { Store } from "./api/store/Store.ts";
import { systemClock, type Clock, type Random } from "./Clock.ts";
import { startControllers } from "./controllers/index.ts";
import { startDoor, type Door } from "./door/index.ts";
import { startNode } from "./node/index.ts";
import { openSandboxTime, type SandboxTime, type SandboxTimeOptions } from "./time/SandboxTime.ts";
import { serveTime } from "./time/serveTime.ts";

/** Where a sandbox keeps what it has, and how it runs. */
export interface SandboxOptions {
  /** Absolute. Keys, objects, volumes and logs are kept below it; made with mode 0700. */
  readonly stateDir: string;
  /** Names the hosts of the front door and the context of the kubeconfig. */
  readonly platform: string;
  /** The namespace of the kubeconfig's context. */
  readonly namespace?: string;
  /** Port of the front door; the one it had before, unless said. */
  readonly doorPort?: number;
  /** What programs may inherit: PATH, HOME, LANG and the temporary folder are taken from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Pods only pretend to run; `rest`: those that do not say how they run here. */
  readonly simulate?: boolean | "rest";
  /** The machine's. */
  readonly clock?: Clock;
  /**
   * `driven`: time passes when `advance` says so. Where pods only pretend it stands still meanwhile; with real programs it goes on as ever.
   * A number: driven, beginning then (milliseconds since the epoch), unless the folder is further already. `real` unless said.
   */
  readonly time?: "real" | "driven" | number;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: Random;
  /** One line a step of the start. */
  readonly onStep?: (text: string) => void;
  /** What should not happen. */
  readonly log?: (text: string) => void;
}

/** A sandbox that runs. */
export interface Sandbox {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** Path of the kubeconfig; its token is new at each start. */
  readonly kubeconfig: string;
  /** The front door: where the platform's pages are. */
  readonly door: Door;
  /**
   * Lets so many milliseconds pass, and resolves when everything has happened that happens in them. Rejects with `Unsupported` unless
   * the time of this sandbox is driven.
   */
  advance(milliseconds: number): Promise<void>;
  /** Stops all processes that run for pods, then everything else: gone within four seconds. */
  stop(): Promise<void>;
}

/** Starts the whole sandbox in this process. Errors: `PortInUse`, `StorageFailed`, `SandboxFailed`. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const {
    stateDir,
    platform,
    environment,
    clock: real = systemClock,
    random = Math.random,
    log = () => {},
    onStep = () => {},
  } = options;
  makeFolder(stateDir);
  const simulate = options.simulate === true;
  // First, because it locks the folder: of two that start at once, one touches nothing.
  const store = new Store({ journal: sqliteJournal(objectsFile(stateDir)) });
  const time = openTime(store, { stateDir, real, mode: options.time ?? "real", simulate });
  const { clock, nodeClock, driven } = time;
  const stopping = new AbortController();
  const logError = (text: string, error: unknown): void =>
    log(`${text}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const api = createApiServer({
    store,
    clock: time.apiClock,
    random,
    log: logError,
    tokenKey: () => loadTokenKey(stateDir),
  });
  /** What was started, in order; undone in the reverse order, but for what serves people, which ends at once with the programs. */
  const undo: (() => Promise<unknown>)[] = [];
  const serving: (() => Promise<unknown>)[] = [];
  const stopOnce = async (): Promise<void> => {
    const quietly = (step: () => Promise<unknown>): Promise<unknown> =>
      step().catch((error: unknown) => logError("stopping", error));
    await Promise.all(serving.splice(0).map(quietly));
    stopping.abort();
    for (const step of undo.splice(0).toReversed()) await quietly(step);
    await api.close();
  };
  // Both a signal and a failed step may ask for it.
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopOnce());
  try {
    const authority = await loadAuthority(stateDir, real.now());
    const token = randomBytes(32).toString("base64url");
    const https = await startHttpsServer({
      handle: async (request) => (await serveTime(request, time)) ?? (await api.handle(request)),
      certificate: await issueServerCertificate(authority, real.now()),
      authorityCertificate: authority.certificate,
      tokens: [tokenReader(token, administrator), api.userOfToken],
    });
    undo.push(async () => await https.close());
    api.publish(https.port);
    const server = `https://127.0.0.1:${https.port}`;
    const kubeconfig = join(stateDir, "kubeconfig");
    const config = {
      name: platform,
      server,
      authorityCertificate: authority.certificate,
      token,
      namespace: options.namespace,
    };
    writePrivateFile(kubeconfig, kubeconfigOf(config));
    onStep(`API server at ${server}`);

    const transport = (name: string): Transport => {
      const plain = api.transport({ ...administrator, name });
      return driven === undefined ? plain : driven.passer.counted(plain);
    };
    const user = (name: string) => createKubeClient(transport(name), { clock, random });
    const collector = new GarbageCollector(store, transport("system:garbage-collector"), logError);
    undo.push(() => collector.close());
    const controllers = startControllers(user("system:kube-controller-manager"), {
      clock,
      random,
      signal: stopping.signal,
      log,
      volumesDir: join(stateDir, "volumes"),
      rootCa: authority.certificate,
    });
    undo.push(() => controllers.stopped);
    const node = await startNode(user("system:node:sandbox"), {
      stateDir,
      clock: nodeClock,
      random,
      log,
      environment,
      simulate: options.simulate ?? false,
      signal: stopping.signal,
    });
    api.attachNode(node);
    serving.push(() => node.stop());
    const door = await startDoor(user("moorage:door"), {
      stateDir,
      platformName: platform,
      clock: real,
      random,
      log,
      ...(options.doorPort === undefined ? {} : { port: options.doorPort }),
    });
    serving.push(() => door.close());
    onStep(`Front door at http://localhost:${door.port}`);
    const advance = async (milliseconds: number): Promise<void> => {
      if (driven === undefined)
        throw new MoorageError("Unsupported", "The time of this sandbox is the machine's.", {
          hint: 'Start it with `time: "driven"`.',
        });
      await driven.advance(milliseconds);
    };
    return { server, kubeconfig, door, advance, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openTime(store: Store, options: Omit<SandboxTimeOptions, "revision">): SandboxTime {
  try {
    return openSandboxTime({ ...options, revision: () => store.revision });
  } catch (error) {
    store.close();
    throw error;
  }
}

const objectsFile = (stateDir: string): string => join(stateDir, "objects.sqlite");

/** Before a start: makes a new journal out of what can be read of a damaged one. Undefined when nothing is wrong with it. */
export const salvageObjects = (stateDir: string): Salvage | undefined =>
  salvageJournal(objectsFile(stateDir));

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MoorageError(
      "StorageFailed",
      `The folder of the sandbox can't be made: ${(cause as Error).message}`,
      {
        file: path,
        hint: "Is the folder above it yours, and the disk not full?",
        cause,
      },
    );
  }
}
