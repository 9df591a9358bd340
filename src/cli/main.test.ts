import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** What a file loads at once, and what that loads: packages by name, files from `src/`. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  const name = relative(resolve(import.meta.dirname, ".."), file);
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { groups } of readFileSync(file, "utf8").matchAll(
    /^(?:import|export)(?<type> type)?\b[^;'"]*?(?:from )?"(?<from>[^"]+)";/gmu,
  )) {
    const from = groups?.["from"] ?? "";
    if (groups?.["type"] !== undefined) continue;
    // Templates of `init` hold imports, too, of files that are written later.
    if (from.startsWith(".") && !from.endsWith(".ts")) continue;
    if (from.startsWith(".")) loadedBy(resolve(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

test("the command loads what prints and parses; the engine, the sandbox and the schemas come with the commands that need them", () => {
  const loaded = [...loadedBy(resolve(import.meta.dirname, "main.ts"))];
  expect(loaded).toContain("commander");
  expect(loaded).toContain("cli/commands/deploy.ts");
  const heavy = /^(zod|undici|yaml|jose)$|^(platform|deploy|kube|components|rehearse|sandbox)\/index\.ts$/u;
  expect(loaded.filter((name) => heavy.test(name))).toEqual([]);
});
