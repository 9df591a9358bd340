import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median, type Row } from "./Row.ts";
import { moorage, root } from "./sandboxProcess.ts";

/** What `npm start` runs, on a copy of the example without state: until its page and its data answer; then until Ctrl-C left nothing. */
export async function example(): Promise<Row[]> {
  const answers: number[] = [];
  const stops: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const folder = mkdtempSync(join(tmpdir(), "moorage-example-"));
    cpSync(join(root, "examples", "epidemiology"), folder, {
      recursive: true,
      filter: (path) => !path.includes(".moorage"),
    });
    const started = performance.now();
    const child = spawn(moorage[0], [moorage[1], "dev", "-f", join(folder, "moorage.config.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise<void>((done) => child.once("close", () => done()));
    const port = await new Promise<number>((done) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const found = /localhost:(\d+)/.exec(text)?.[1];
        if (found !== undefined) done(Number(found));
      });
    });
    while (!(await answersOn(port))) await sleep(20);
    answers.push(performance.now() - started);
    const stopping = performance.now();
    child.kill("SIGINT");
    await exited;
    stops.push(performance.now() - stopping);
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    {
      what: "`npm start` after install: until the example answers",
      measured: `${(median(answers) / 1000).toFixed(1)} s`,
      mustReach: "10 s",
      reached: median(answers) <= 10_000,
    },
    {
      what: "Ctrl-C until everything is stopped",
      measured: `${(median(stops) / 1000).toFixed(1)} s`,
      mustReach: "5 s",
      reached: median(stops) <= 5_000,
    },
  ];
}

async function answersOn(port: number): Promise<boolean> {
  return await new Promise((done) => {
    const headers = { host: `curator.epidemiology.localhost:${port}`, accept: "application/json" };
    get({ host: "127.0.0.1", port, path: "/api/cases?limit=1", headers }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    }).on("error", () => done(false));
  });
}
