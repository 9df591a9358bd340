import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DataFiles } from "./dataFiles.ts";

const current = "..data";

/**
 * Writes all files at once, as the kubelet does: into a new folder, to which the link `..data` is then turned; what a program sees at the
 * volume's top are links through it. A reader sees all of the old or all of the new.
 */
export async function writeDataVolume(folder: string, files: DataFiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const next = await mkdtemp(join(folder, "..v-"));
  try {
    await writeFiles(next, files);
  } catch (error) {
    // It is tried again, each time into a new folder.
    await rm(next, { recursive: true, force: true });
    throw error;
  }
  const before = await readlink(join(folder, current)).catch(() => undefined);
  const link = `${next}.link`;
  await symlink(next.slice(folder.length + 1), link);
  await rename(link, join(folder, current));
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0] ?? path));
  for (const name of tops) {
    const place = join(folder, name);
    if ((await lstat(place).catch(() => undefined)) === undefined) await symlink(join(current, name), place);
  }
  for (const name of await readdir(folder)) {
    if (!name.startsWith("..") && !tops.has(name))
      await rm(join(folder, name), { recursive: true, force: true });
  }
  if (before !== undefined) await rm(join(folder, before), { recursive: true, force: true });
}

async function writeFiles(folder: string, files: DataFiles): Promise<void> {
  await chmod(folder, 0o755);
  for (const [path, { bytes, mode }] of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await chmod(file, mode);
  }
}
