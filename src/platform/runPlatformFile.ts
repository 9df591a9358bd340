import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { MoorageError } from "../contract/index.ts";
import { registry, type AnyComponent } from "./Component.ts";
import { creationLine } from "./creationLine.ts";
import { isPlatform, type Platform } from "./platform.ts";

let running: Promise<unknown> = Promise.resolve();

/**
 * Runs `moorage.config.ts` without a build step, with `moorage` being the running package: it needs no node_modules. One at a time: the
 * module cache is the process', and what was loaded leaves it afterwards, so that the next load reads the files anew.
 */
export async function runPlatformFile(
  file: string,
  shownFile: string,
  moorage: object,
): Promise<{ platform: Platform; files: string[]; created: Map<number, AnyComponent> }> {
  const result = running.then(async () => await run(file, shownFile, moorage));
  running = result.catch(() => undefined);
  return await result;
}

async function run(
  file: string,
  shownFile: string,
  moorage: object,
): Promise<{ platform: Platform; files: string[]; created: Map<number, AnyComponent> }> {
  const { createJiti } = await import("jiti");
  const cache = createRequire(file).cache;
  const before = new Set(Object.keys(cache));
  const jiti = createJiti(file, { fsCache: false, moduleCache: true, virtualModules: { moorage } });
  const created = new Map<number, AnyComponent>();
  registry().created = created;
  try {
    const module: { default?: unknown } = await jiti.import(file);
    const files = loadedFiles(file, cache, before);
    if (!isPlatform(module.default)) {
      throw new MoorageError("PlatformInvalid", `${shownFile} has no platform as its default export`, {
        file: shownFile,
        exitCode: 2,
        hint: 'export default platform("NAME", { ... })',
      });
    }
    return { platform: module.default, files, created };
  } catch (error) {
    throw loadError(error, file, shownFile, loadedFiles(file, cache, before));
  } finally {
    registry().created = undefined;
    for (const path of Object.keys(cache)) if (!before.has(path)) delete cache[path];
  }
}

function loadedFiles(file: string, cache: NodeJS.Dict<NodeJS.Module>, before: ReadonlySet<string>): string[] {
  const mine = Object.keys(cache).filter(
    (path) => !before.has(path) && !path.includes(`${sep}node_modules${sep}`) && path !== file,
  );
  return [file, ...mine];
}

/** What the user's file threw, or why it can't be parsed, with the place. */
export function loadError(
  error: unknown,
  file: string,
  shownFile: string,
  files: readonly string[],
): MoorageError {
  if (error instanceof MoorageError) {
    if (error.location.file !== undefined) return error;
    const line = creationLine(error.stack, files);
    return new MoorageError(error.code, error.message, {
      ...error.location,
      file: line === undefined || line.file === file ? shownFile : line.file,
      line: line?.line,
      hint: error.hint,
      problems: error.problems,
      exitCode: error.exitCode,
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  // jiti says `ParseError: Unexpected token \n /path/file.ts:3:14`; the column counts from zero.
  const parsed = /^ParseError: (?<what>[\s\S]*?)\s*\n\s*(?<at>.+):(?<line>\d+):(?<column>\d+)\s*$/u.exec(
    message,
  )?.groups;
  if (parsed !== undefined) {
    return new MoorageError("PlatformInvalid", `syntax error: ${parsed.what}`, {
      file: parsed.at === file ? shownFile : parsed.at,
      line: Number(parsed.line),
      column: Number(parsed.column) + 1,
      exitCode: 2,
      cause: error,
    });
  }
  const line = creationLine(error instanceof Error ? error.stack : undefined, files);
  const missing = /Cannot find (?:module|package) '([^']+)'/u.exec(message)?.[1];
  // An import has no frame of its own; the line that names it says more than where the compiled text begins.
  const place = missing === undefined ? line : (importOf(missing, file) ?? line);
  return new MoorageError("PlatformInvalid", firstLine(message), {
    file: place === undefined || place.file === file ? shownFile : place.file,
    line: place?.line,
    column: place?.column,
    hint:
      missing === undefined || missing.startsWith(".") || missing.startsWith("/")
        ? undefined
        : `install it beside the platform file: npm install ${missing}${dirname(shownFile) === "." ? "" : `, in ${dirname(shownFile)}`}`,
    exitCode: 2,
    cause: error,
  });
}

const firstLine = (text: string): string => text.split("\n")[0] ?? text;

/** Where a file imports something. */
function importOf(name: string, file: string): { file: string; line: number; column?: number } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined;
  }
  const index = lines.findIndex((text) => text.includes(`"${name}"`) || text.includes(`'${name}'`));
  return index < 0 ? undefined : { file, line: index + 1 };
}
