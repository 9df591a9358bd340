import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { celeryDrain, worker } from "./index.ts";
import { evaluate } from "./testing/evaluate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-drain-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type WorkerSpec = Parameters<typeof worker>[0];

/** Runs the worker's preStop command as the kubelet would, with a program of this name on its PATH; gives the calls it got. */
function drain(spec: Omit<WorkerSpec, "image">, program: string, script: string): string[] {
  const path = join(folder, program);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> "${folder}/calls"\n${script}\n`);
  chmodSync(path, 0o755);
  const result = evaluate({ etl: worker({ image: "etl", ...spec }) });
  const { template } = result.find("Deployment")["spec"] as {
    template: { spec: { containers: { lifecycle: { preStop: { exec: { command: string[] } } } }[] } };
  };
  const [command = "", ...args] = template.spec.containers[0]?.lifecycle.preStop.exec.command ?? [];
  execFileSync(command, args, {
    env: { PATH: `${folder}:${process.env["PATH"]}`, POD_NAME: "etl-1", COUNT: join(folder, "count") },
  });
  return readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
}

test("the stop command runs once, then busy is asked until it says idle; words with quotes arrive as they are", () => {
  const calls = drain(
    { drain: { stop: ["etlctl", "stop", "it's $HOME"], busy: ["etlctl", "busy"], timeout: "1m" } },
    "etlctl",
    // Busy, then no answer, then idle.
    '[ "$1" = stop ] && exit 0; n=$(cat "$COUNT" 2>/dev/null || echo 0); echo $((n + 1)) > "$COUNT"; case $n in 0) exit 0 ;; 1) exit 7 ;; *) exit 1 ;; esac',
  );
  expect(calls).toEqual(["stop it's $HOME", "busy", "busy", "busy"]);
});

test("a worker that never becomes idle is stopped after the timeout", () => {
  expect(drain({ drain: { busy: ["etlctl"], timeout: 0 } }, "etlctl", "exit 0")).toEqual([""]);
});

test("a Celery worker cancels its consumers, and is idle when nothing is active, reserved or scheduled", () => {
  const calls = drain(
    {
      command: ["celery", "--app=etl", "worker", "-n", "w@$(POD_NAME)", "-Q", "bulk,priority"],
      drain: celeryDrain({ queues: ["bulk", "priority"], longestTask: "1m" }),
    },
    "celery",
    `case "$*" in
      *control*) ;;
      *active*) n=$(cat "$COUNT" 2>/dev/null || echo 0); echo $((n + 1)) > "$COUNT"
        case $n in 0) echo '{"w@etl-1": [{"id": "7"}]}' ;; 1) exit 69 ;; *) echo '{"w@etl-1": []}' ;; esac ;;
      *) echo '{"w@etl-1": []}' ;;
    esac`,
  );
  expect(calls.map((call) => call.replace(" --json -t 10", ""))).toEqual([
    "-A etl control cancel_consumer bulk -d w@etl-1",
    "-A etl control cancel_consumer priority -d w@etl-1",
    "-A etl inspect active -d w@etl-1",
    "-A etl inspect active -d w@etl-1",
    "-A etl inspect active -d w@etl-1",
    "-A etl inspect reserved -d w@etl-1",
    "-A etl inspect scheduled -d w@etl-1",
  ]);
});
