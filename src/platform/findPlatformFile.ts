import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { MoorageError } from "../contract/index.ts";

/** Looked for in each folder, in this order. */
const platformFileNames = [
  "moorage.config.ts",
  "moorage.config.js",
  "moorage.config.mjs",
  "moorage.yaml",
  "moorage.yml",
];

/**
 * The platform file of a folder: the one that was named, else the nearest in it or above.
 *
 * A file of its own, since the sandbox, which needs no platform, asks for this and should not load the rest.
 *
 * @throws MoorageError `PlatformNotFound`
 */
export function findPlatformFile({ cwd, file }: { readonly cwd: string; readonly file?: string }): string {
  if (file !== undefined) {
    const path = isAbsolute(file) ? file : resolve(cwd, file);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      throw new MoorageError("PlatformNotFound", `${file} is a folder, not a platform file`, {
        file,
        hint: `name the file in it: ${platformFileNames[0]} or moorage.yaml`,
        exitCode: 2,
      });
    }
    if (found !== undefined) return path;
    throw new MoorageError("PlatformNotFound", `there is no platform file ${file}`, { file, exitCode: 2 });
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = platformFileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) break;
  }
  throw new MoorageError(
    "PlatformNotFound",
    `there is no moorage.config.ts or moorage.yaml in ${cwd} or above`,
    {
      exitCode: 2,
      hint: "name it with --file, or start one with: moorage init",
    },
  );
}
