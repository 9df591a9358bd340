import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  const redeploys: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const folder = mkdtempSync(join(tmpdir(), "moorage-example-"));
    cpSync(join(root, "examples", "epidemiology"), folder, {
      recursive: true,
      filter: (path) => !path.includes(".moorage"),
    });
    const started = performance.now();
    const child = spawn(moorage[0], [moorage[1], "dev", "-f", join(folder, "moorage.config.ts")], {
      stdio: ["ignore", "pipe", "ignore"],
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
    for (let edition = 1; edition <= 3; edition += 1) redeploys.push(await redeploy(folder, port, edition));
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
      what: "a changed program: from saving the file until the new one answers",
      measured: `${(median(redeploys) / 1000).toFixed(2)} s`,
      mustReach: "2 s",
      reached: median(redeploys) <= 2_000,
    },
    {
      what: "Ctrl-C until everything is stopped",
      measured: `${(median(stops) / 1000).toFixed(1)} s`,
      mustReach: "5 s",
      reached: median(stops) <= 5_000,
    },
  ];
}

/** Milliseconds from saving a change of the curator until its answer shows it. */
async function redeploy(folder: string, port: number, edition: number): Promise<number> {
  const file = join(folder, "curator", "server.ts");
  const text = readFileSync(file, "utf8").replace(
    /JSON\.stringify\(\{ title[^}]*\}\)/,
    `JSON.stringify({ title, edition: ${edition} })`,
  );
  const started = performance.now();
  writeFileSync(file, text);
  while (!(await answersOn(port, "/settings", `"edition":${edition}`))) await sleep(10);
  return performance.now() - started;
}

async function answersOn(port: number, path = "/api/cases?limit=1", containing = ""): Promise<boolean> {
  return await new Promise((done) => {
    const headers = { host: `curator.epidemiology.localhost:${port}`, accept: "application/json" };
    get({ host: "127.0.0.1", port, path, headers }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => done(response.statusCode === 200 && body.includes(containing)));
    }).on("error", () => done(false));
  });
}
