import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { cacheFolder } from "./cacheFolder.ts";

const run = promisify(execFile);

/** A program of a Go module of ours: its folder with `go.mod` and `go.sum`, and what is built there. */
export interface GoProgram {
  readonly folder: string;
  /** `.`, or the import path of a tool that `go.mod` names. */
  readonly main: string;
}

/** kapp, from its published module: a deploy tool that others wrote, for the same server. */
export const kapp: GoProgram = {
  folder: join(import.meta.dirname, "kapp"),
  main: "carvel.dev/kapp/cmd/kapp",
};

/** Where it is, or will be: the name holds a digest of all that it is built from. */
function pathOf({ folder }: GoProgram): string {
  const digest = createHash("sha256");
  for (const file of readdirSync(folder).toSorted())
    if (/\.(?:go|mod|sum)$/.test(file)) digest.update(readFileSync(join(folder, file)));
  const name = basename(folder);
  return join(cacheFolder(), `go-${name}-${digest.digest("hex").slice(0, 12)}`, name);
}

/** Undefined when it has not been built yet. */
export function findGoProgram(program: GoProgram): string | undefined {
  const path = pathOf(program);
  return existsSync(path) ? path : undefined;
}

/** Builds it unless it is there; a minute the first time, at a low priority. Errors: no Go, or what Go says. */
export async function buildGoProgram(program: GoProgram): Promise<string> {
  const path = pathOf(program);
  if (existsSync(path)) return path;
  const temporary = `${path}.${process.pid}`;
  mkdirSync(join(path, ".."), { recursive: true });
  const args = ["-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", temporary, program.main];
  const build = async (): Promise<unknown> =>
    await run("nice", ["-n", "10", "go", "build", ...args], {
      cwd: program.folder,
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: process.env["GOFLAGS"] || "-p=1" },
      maxBuffer: 16 * 1024 * 1024,
    });
  try {
    // The first time it loads modules, from where may be out of reach for a moment; what it has got it keeps.
    await build().catch(async () => {
      await sleep(10_000);
      await build();
    });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return path;
}
