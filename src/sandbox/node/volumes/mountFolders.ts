import { lstat, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join, normalize, posix } from "node:path";
import { expandVariables } from "../expandVariables.ts";
import type { Container } from "../Pod.ts";
import type { MountFolder } from "../references/substituteMounts.ts";

export interface MountContext {
  /** Volume -> its folder. */
  readonly folders: ReadonlyMap<string, string>;
  /** Volumes whose content is made from objects: nothing is created in them. */
  readonly data: ReadonlySet<string>;
  /** Where mounted files are shown together; of this container alone. */
  readonly rootFolder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Where each mount path of a container is on this machine. Files that are mounted one by one (`subPath`) are also linked together below
 * `rootFolder`, so that a reference to the folder they share finds them.
 */
export async function mountFolders(
  container: Container,
  context: MountContext,
): Promise<{ mounts: MountFolder[] } | { problem: string }> {
  const mounts: MountFolder[] = [];
  const taken = new Set<string>();
  const shared: MountFolder[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const folder = context.folders.get(mount.name);
    if (folder === undefined)
      return { problem: `volume "${mount.name}" of container "${container.name}" is not declared` };
    const mountPath = posix.resolve("/", mount.mountPath);
    const sub =
      mount.subPathExpr === undefined
        ? (mount.subPath ?? "")
        : expandVariables(mount.subPathExpr, context.env);
    if (sub.startsWith("/") || normalize(sub).split("/").includes(".."))
      return { problem: `subPath "${sub}" leads out of the volume` };
    const place = sub === "" ? folder : join(folder, sub);
    if (sub !== "" && !context.data.has(mount.name)) await makeUnlessThere(place);
    taken.add(mountPath);
    if (sub !== "" && context.data.has(mount.name)) shared.push({ mountPath, folder: place });
    else mounts.push({ mountPath, folder: place });
  }
  for (const { mountPath, folder } of shared) {
    const link = join(context.rootFolder, mountPath);
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { recursive: true, force: true });
    await symlink(folder, link);
    // Under the name that it is mounted with: programs read the kind of a file off its end.
    mounts.push({ mountPath, folder: link });
    const parent = posix.dirname(mountPath);
    // A folder at the top (`/etc`) holds other things as well.
    if (!taken.has(parent) && parent.lastIndexOf("/") > 0) {
      taken.add(parent);
      mounts.push({ mountPath: parent, folder: join(context.rootFolder, parent) });
    }
  }
  return { mounts };
}

async function makeUnlessThere(place: string): Promise<void> {
  if ((await lstat(place).catch(() => undefined)) === undefined) await mkdir(place, { recursive: true });
}
