import { spawnSync } from "node:child_process";
import { median, type Row } from "./Row.ts";
import { moorage } from "./sandboxProcess.ts";

const wall = (args: readonly string[]): number => {
  const started = performance.now();
  spawnSync(process.execPath, args, { stdio: "ignore" });
  return performance.now() - started;
};

/** `moorage --help` against `node -e 0`, in turn, so that a machine that drifts does so for both. */
export async function help(): Promise<Row[]> {
  const ratios: number[] = [];
  const own: number[] = [];
  for (let i = 0; i < 21; i += 1) {
    const bare = wall(["-e", "0"]);
    const ours = wall([moorage[1], "--help"]);
    if (i === 0) continue;
    own.push(ours);
    ratios.push(ours / bare);
  }
  const ratio = median(ratios);
  return [
    {
      what: "`moorage --help`, wall, against `node -e 0`",
      measured: `${ratio.toFixed(2)}x (${median(own).toFixed(0)} ms)`,
      mustReach: "at most 3x",
      reached: ratio <= 3,
    },
  ];
}
