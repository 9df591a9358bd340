import { createHash } from "node:crypto";
import type { PodFacts } from "../fieldReference.ts";
import type { NodeContext } from "../NodeContext.ts";
import { keyOf, type Pod, type Volume } from "../Pod.ts";
import { allContainers } from "../ports.ts";
import { substituteMounts, type MountFolder } from "../references/substituteMounts.ts";
import { substituteServices, type Substitution } from "../references/substituteServices.ts";
import { dataFiles, isDataVolume, type DataFiles } from "./dataFiles.ts";
import { locateVolume } from "./locateVolume.ts";
import { PodTokens } from "./PodTokens.ts";
import { writeDataVolume } from "./writeDataVolume.ts";

export interface PodVolumesOptions {
  readonly node: NodeContext;
  /** The pod's own. */
  readonly folder: string;
  readonly facts: PodFacts;
  readonly substitution: () => Substitution;
}

/** The volumes of one pod as folders: found or made, filled, and kept up with the objects they come from. */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #folders = new Map<string, string>();
  readonly #data = new Set<string>();
  /** Volume -> what it was last filled with. */
  readonly #filled = new Map<string, string>();
  /** One fill after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #retry = new AbortController();
  readonly #tokens: PodTokens;

  constructor(options: PodVolumesOptions) {
    this.#options = options;
    const { client, clock } = options.node;
    this.#tokens = new PodTokens(client, clock);
  }

  get folders(): ReadonlyMap<string, string> {
    return this.#folders;
  }

  get data(): ReadonlySet<string> {
    return this.#data;
  }

  /** Repeats until all are there; false when the signal fired before. Tells what is missing, and undefined when nothing is any more. */
  async mount(pod: Pod, signal: AbortSignal, tell: (problem: string | undefined) => void): Promise<boolean> {
    const { node } = this.#options;
    for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, 5000)) {
      this.#retry = new AbortController();
      const found = await this.#mountAll(pod);
      if (found === undefined) {
        if (wait > 500) tell(undefined);
        return true;
      }
      const text = `MountVolume.SetUp failed for volume "${found.volume}" : ${found.problem}`;
      node.events.warning(pod, "FailedMount", text);
      tell(text);
      await node.clock.sleep(wait, AbortSignal.any([signal, this.#retry.signal])).catch(() => undefined);
    }
    return false;
  }

  /** Something that was missing may be there now. */
  tryAgain(): void {
    this.#retry.abort();
  }

  /** Fills volumes anew whose objects changed. What is missing meanwhile leaves the old files. */
  refresh(pod: Pod): Promise<void> {
    const { node } = this.#options;
    const turn = this.#turn.then(async () => {
      for (const volume of (pod.spec.volumes ?? []).filter(isDataVolume)) await this.#fill(pod, volume);
    });
    this.#turn = turn.catch((error: unknown) => node.log(`volumes of pod ${keyOf(pod)}: ${String(error)}`));
    return this.#turn as Promise<void>;
  }

  /** Replaces tokens in time, until the signal fires. */
  async keepFresh(pod: () => Pod, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.node;
    for (;;) {
      const at = this.#tokens.renewAt();
      if (at === undefined || signal.aborted) return;
      // At least a moment, should the API server not give one.
      await clock.sleep(Math.max(at - clock.now(), 10_000), signal).catch(() => undefined);
      if (!signal.aborted) await this.refresh(pod());
    }
  }

  async #mountAll(pod: Pod): Promise<{ volume: string; problem: string } | undefined> {
    const { node, folder } = this.#options;
    const volumes = pod.spec.volumes ?? [];
    for (const volume of volumes) {
      try {
        const place = await locateVolume(volume, {
          client: node.client,
          pod,
          podFolder: folder,
          stateDir: node.stateDir,
        });
        if ("problem" in place) return { volume: volume.name, problem: place.problem };
        this.#folders.set(volume.name, place.folder);
        if (isDataVolume(volume)) this.#data.add(volume.name);
      } catch (error) {
        return { volume: volume.name, problem: (error as Error).message };
      }
    }
    for (const volume of volumes.filter(isDataVolume)) {
      try {
        const problem = await this.#fill(pod, volume);
        if (problem !== undefined) return { volume: volume.name, problem };
      } catch (error) {
        return { volume: volume.name, problem: (error as Error).message };
      }
    }
    return undefined;
  }

  async #fill(pod: Pod, volume: Volume): Promise<string | undefined> {
    const { node, facts, substitution } = this.#options;
    const { namespace } = pod.metadata;
    const mounts = this.#mountsOf(pod);
    const made = await dataFiles(volume, {
      pod,
      facts,
      capacity: node.capacity,
      find: (kind, name) =>
        name === ""
          ? Promise.resolve(undefined)
          : node.client.find({ apiVersion: "v1", kind, name, namespace }),
      token: (audience, seconds) => this.#tokens.get(pod, audience, seconds),
      substitute: (text) => substituteMounts(substituteServices(text, substitution()), mounts),
    });
    if ("problem" in made) return made.problem;
    const digest = digestOf(made.files);
    if (this.#filled.get(volume.name) === digest) return undefined;
    await writeDataVolume(this.#folders.get(volume.name) ?? "", made.files);
    this.#filled.set(volume.name, digest);
    return undefined;
  }

  /** A volume is shared by the containers: where they mount others. */
  #mountsOf(pod: Pod): MountFolder[] {
    return allContainers(pod).flatMap((container) =>
      (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath, subPathExpr }) => {
        const folder = this.#folders.get(name);
        if (folder === undefined || subPathExpr !== undefined) return [];
        return [{ mountPath, folder: subPath === undefined ? folder : `${folder}/${subPath}` }];
      }),
    );
  }
}

function digestOf(files: DataFiles): string {
  const hash = createHash("sha256");
  for (const [path, { bytes, mode }] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0${mode}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}
