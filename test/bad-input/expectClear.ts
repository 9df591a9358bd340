import { expect } from "vitest";
import type { CliResult } from "../cli/CliFolder.ts";

/** One clear message: the exit code, all of these texts, no stack trace, and nothing that looks like a bug of Moorage. */
export function expectClear(result: CliResult, code: 1 | 2, texts: readonly string[]): void {
  const said = result.stdout + result.stderr;
  for (const text of texts) expect(said).toContain(text);
  expect(said).not.toMatch(/\n {4}at |Moorage has a bug|\[object|undefined|node:internal/);
  expect(result.code).toBe(code);
  // Under -o json there is the same as data; else an error is said once.
  expect(said.match(/^error /gm)?.length ?? 0).toBeLessThanOrEqual(1);
}
