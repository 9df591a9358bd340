import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { MoorageError, type Location } from "../contract/index.ts";
import type { ComponentKind } from "./ComponentKind.ts";
import { creationLine } from "./creationLine.ts";
import { platformName, typescriptSchema, yamlSchema } from "./definition.ts";
import { findPlatformFile } from "./findPlatformFile.ts";
import type { LoadedPlatform, PlatformData } from "./LoadedPlatform.ts";
import { readLock } from "./lock.ts";
import { merge } from "./merge.ts";
import { platformSymbol } from "./platform.ts";
import { schemaProblems } from "./schemaProblems.ts";
import { counted, throwProblems } from "./throwProblems.ts";

export interface LoadOptions {
  /** Where to look, upwards; `file` is relative to it. */
  readonly cwd: string;
  readonly file?: string;
  readonly kinds: readonly ComponentKind[];
  /** What `import ... from "moorage"` gives the platform file: `() => import("../index.ts")`. */
  readonly moorage: () => Promise<object>;
}

/**
 * Reads the platform file, anew at each call, and checks all but its components.
 *
 * @throws MoorageError `PlatformNotFound`; `PlatformInvalid` with all problems, or with file and line of what the file threw
 */
export async function loadPlatform(options: LoadOptions): Promise<LoadedPlatform> {
  const file = findPlatformFile(options);
  const folder = dirname(file);
  const below = relative(options.cwd, file);
  const shownFile = below.startsWith("..") ? file : below;
  const lockFile = join(folder, "moorage.lock");
  const yaml = /\.ya?ml$/u.test(file);
  const read = yaml ? await readYaml(file, shownFile) : await readScript(file, shownFile, options);
  const { name, data, created, files, locate } = read;
  const schema = yaml ? yamlSchema : typescriptSchema;
  const result = schema.safeParse(data);
  const problems = result.success ? [] : schemaProblems(schema, data, result.error, []);
  const nameResult = platformName.safeParse(name);
  if (!yaml && !nameResult.success) {
    problems.push({ path: "name", message: nameResult.error.issues[0]?.message ?? "is no DNS label" });
  }
  throwProblems(
    problems.map((problem) => ({ ...locate(pathParts(problem.path ?? "")), ...problem })),
    (count) => `${shownFile} has ${counted(count, "problem")}.`,
  );
  const definition = data as PlatformData & { components: unknown };
  return {
    name,
    file,
    folder,
    files: [...files, ...(existsSync(lockFile) ? [lockFile] : [])],
    kinds: options.kinds,
    definition,
    lock: readLock(lockFile),
    created,
    locate,
    shownFile,
    components: (env, environment) => {
      if (typeof definition.components === "function")
        return (definition.components as (env: unknown) => unknown)(env);
      const over = (definition.environments[environment] as { components?: unknown } | undefined)?.components;
      return merge(definition.components, over ?? {});
    },
    readFile: (path) => {
      try {
        return readFileSync(resolve(folder, path));
      } catch (cause) {
        const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
        throw new MoorageError("StorageFailed", `${path} ${missing ? "is not there" : "can't be read"}`, {
          file: path,
          hint: `files are looked for beside ${shownFile}`,
          cause,
        });
      }
    },
  };
}

interface ReadPlatform {
  readonly name: string;
  readonly data: unknown;
  readonly created: LoadedPlatform["created"];
  readonly files: readonly string[];
  readonly locate: LoadedPlatform["locate"];
}

async function readYaml(file: string, shownFile: string): Promise<ReadPlatform> {
  const { readYamlPlatform } = await import("./readYamlPlatform.ts");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new MoorageError("PlatformNotFound", `${shownFile} can't be read`, {
      file: shownFile,
      exitCode: 2,
      cause,
    });
  }
  const { data, locate } = readYamlPlatform(text, shownFile);
  const name = (data as { name?: unknown } | null)?.name;
  return { name: typeof name === "string" ? name : "", data, created: new Map(), files: [file], locate };
}

async function readScript(file: string, shownFile: string, options: LoadOptions): Promise<ReadPlatform> {
  const { runPlatformFile } = await import("./runPlatformFile.ts");
  const { platform, files, created } = await runPlatformFile(file, shownFile, await options.moorage());
  const { name, definition, created: place } = platform[platformSymbol];
  const folder = dirname(file);
  const shown = (path: string): string =>
    path === file ? shownFile : join(dirname(shownFile), relative(folder, path));
  const where = (stack: string | undefined): Location => {
    const line = creationLine(stack, files);
    return line === undefined ? { file: shownFile } : { file: shown(line.file), line: line.line };
  };
  return { name, data: definition, created, files, locate: () => where(place.stack) };
}

/** `a.b[0]["c d"]` -> ["a", "b", 0, "c d"] */
function pathParts(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/gu)].map((match) =>
    match[1] !== undefined ? Number(match[1]) : (match[2] ?? match[3] ?? ""),
  );
}
