import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KubeObject } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { isBelow } from "../../controllers/volumes/folders.ts";
import type { Pod, Volume } from "../Pod.ts";
import { isDataVolume } from "./dataFiles.ts";

interface Claim extends KubeObject {
  spec?: { volumeName?: string };
  status?: { phase?: string };
}
interface PersistentVolume extends KubeObject {
  spec?: { hostPath?: { path: string }; local?: { path: string } };
}

export interface LocateContext {
  readonly client: KubeClient;
  readonly pod: Pod;
  /** The pod's own folder. */
  readonly podFolder: string;
  readonly stateDir: string;
}

/** The folder (for a hostPath also a file) of this machine that stands for a volume; made when it is not there yet. */
export async function locateVolume(
  volume: Volume,
  context: LocateContext,
): Promise<{ folder: string } | { problem: string }> {
  const own = join(context.podFolder, "volumes", volume.name);
  if (volume.emptyDir !== undefined || isDataVolume(volume)) {
    await mkdir(own, { recursive: true });
    return { folder: own };
  }
  if (volume.hostPath !== undefined) return hostFolder(volume.hostPath.path, volume.hostPath.type, context);
  const claimName =
    volume.persistentVolumeClaim?.claimName ??
    (volume.ephemeral === undefined ? undefined : `${context.pod.metadata.name ?? ""}-${volume.name}`);
  if (claimName !== undefined) return claimFolder(claimName, context);
  const source = Object.keys(volume).find((key) => key !== "name") ?? "nothing";
  return {
    problem: `volumes of the kind ${source} are not there in the sandbox: use a claim, or an emptyDir`,
  };
}

async function claimFolder(
  name: string,
  context: LocateContext,
): Promise<{ folder: string } | { problem: string }> {
  const { namespace } = context.pod.metadata;
  const claim = await context.client.find<Claim>({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    name,
    namespace,
  });
  if (claim === undefined) return { problem: `persistentvolumeclaim "${name}" not found` };
  const volumeName = claim.spec?.volumeName;
  if (volumeName === undefined || (claim.status?.phase !== undefined && claim.status.phase !== "Bound")) {
    return { problem: `PersistentVolumeClaim is not bound: "${namespace}/${name}"` };
  }
  const volume = await context.client.find<PersistentVolume>({
    apiVersion: "v1",
    kind: "PersistentVolume",
    name: volumeName,
  });
  if (volume === undefined) return { problem: `persistentvolume "${volumeName}" not found` };
  const path = volume.spec?.hostPath?.path ?? volume.spec?.local?.path;
  if (path === undefined)
    return { problem: `persistentvolume "${volumeName}" is no folder of this machine (hostPath)` };
  return hostFolder(path, "DirectoryOrCreate", context);
}

/** A program of the sandbox sees nothing of the machine but what the sandbox keeps. */
async function hostFolder(
  path: string,
  type: string | undefined,
  { stateDir }: LocateContext,
): Promise<{ folder: string } | { problem: string }> {
  const folder = resolve(path);
  if (!isBelow(folder, resolve(stateDir))) {
    return {
      problem: `hostPath ${path} lies outside of the sandbox's state (${stateDir}): use a claim, or an emptyDir`,
    };
  }
  if (type !== "File" && type !== "FileOrCreate") await mkdir(folder, { recursive: true });
  return { folder };
}
