import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { redis } from "./index.ts";
import { evaluate } from "./testing/evaluate.ts";

test("the password reaches redis-server by its standard input, and no argument", () => {
  const folder = mkdtempSync(join(tmpdir(), "moorage-redis-"));
  try {
    writeFileSync(join(folder, "redis-server"), '#!/bin/sh\necho "$@"\ncat\n');
    chmodSync(join(folder, "redis-server"), 0o755);
    const broker = redis({ password: true, storage: "1Gi", args: ["--maxmemory", "1 mb"] });
    const { template } = evaluate({ broker }).find("StatefulSet")["spec"] as {
      template: { spec: { containers: { command: string[]; args: string[] }[] } };
    };
    const [{ command, args } = { command: [], args: [] }] = template.spec.containers;
    const [program = "", ...words] = [...command, ...args];
    const env = { PATH: `${folder}:${process.env["PATH"]}`, REDIS_PASSWORD: "abc$1" };
    expect(execFileSync(program, words, { env, encoding: "utf8" })).toBe(
      '- --port 6379 --dir /data --appendonly yes --maxmemory 1 mb\nrequirepass "abc$1"\n',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("without storage no snapshot is written, unless it is asked for", () => {
  const argsOf = (component: ReturnType<typeof redis>): string[] =>
    (
      evaluate({ cache: component }).find("StatefulSet")["spec"] as {
        template: { spec: { containers: { args: string[] }[] } };
      }
    ).template.spec.containers[0]?.args ?? [];
  expect(argsOf(redis()).slice(-4)).toEqual(["--appendonly", "no", "--save", ""]);
  expect(argsOf(redis({ args: ["--save", "60 1"] })).slice(-2)).toEqual(["--save", "60 1"]);
  expect(argsOf(redis({ storage: "1Gi" }))).not.toContain("--save");
});
