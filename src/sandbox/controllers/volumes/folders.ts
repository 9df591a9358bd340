import { mkdir, rm } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";

/** The folders behind claims. Given as an argument where no disk is to be touched. */
export interface Folders {
  make(path: string): Promise<void>;
  /** With all that is in it. One that isn't there is fine. */
  remove(path: string): Promise<void>;
}

/** On this machine; readable by their owner only. */
export const foldersOnDisk: Folders = {
  make: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
};

/** Whether a path is really below a folder: nothing else is ever removed. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
