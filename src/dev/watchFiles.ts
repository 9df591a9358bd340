import { statSync } from "node:fs";
import { watch } from "chokidar";
import { SourceFilter } from "./sourceHash.ts";

export interface FileWatch {
  /** Watches these instead. */
  update(files: readonly string[], folders: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * Watches files, and folders without what belongs to no program; tells once when things have been quiet for a moment (an editor writes
 * several times, a checkout many files).
 *
 * @param quiet milliseconds
 */
export function watchFiles(onChange: (paths: readonly string[]) => void, quiet = 60): FileWatch {
  let watched = new Set<string>();
  let filters: SourceFilter[] = [];
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([], {
    ignoreInitial: true,
    ignored: (path, stats) => {
      if (watched.has(path)) return false;
      const isFolder = stats?.isDirectory() ?? false;
      return !filters.some((filter) => filter.includes(path, isFolder));
    },
  });
  watcher.on("all", (_event, path) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = [...changed].toSorted();
      changed.clear();
      onChange(paths);
    }, quiet);
  });
  // A file that vanishes between being seen and being watched is the next event's matter.
  watcher.on("error", () => {});
  return {
    update(files, folders) {
      const wanted = new Set([...files, ...folders]);
      filters = folders.filter(isFolderThere).map((folder) => new SourceFilter(folder));
      const gone = [...watched].filter((path) => !wanted.has(path));
      const fresh = [...wanted].filter((path) => !watched.has(path));
      watched = wanted;
      if (gone.length > 0) watcher.unwatch(gone);
      if (fresh.length > 0) watcher.add(fresh);
    },
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

function isFolderThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
