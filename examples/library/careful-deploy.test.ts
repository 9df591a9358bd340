import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestPlatform } from "../../test/components/TestPlatform.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "careful-deploy.ts");

let lab: TestPlatform;
beforeAll(async () => {
  lab = TestPlatform.make();
  lab.write(
    "moorage.yaml",
    `name: lab
images: { page: { ref: registry.example.org/lab/page, tag: "1", dev: { cwd: program } } }
environments: { dev: { target: sandbox } }
components:
  page: { kind: service, image: page, runAs: 1000, command: [node, main.mjs] }
`,
  );
  lab.write(
    "program/main.mjs",
    `import { createServer } from "node:http";
createServer((_, answer) => answer.end("hello")).listen(Number(process.env.PORT), "127.0.0.1");
`,
  );
  await lab.start();
});
afterAll(async () => await lab?.close());

it("rehearses the worst, deploys, and tells every step as a line of JSON", async () => {
  const { stdout } = await run(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, "--file", "moorage.yaml", "--component", "page", "dev"],
    {
      cwd: lab.folder,
      env: {
        PATH: process.env["PATH"],
        HOME: lab.folder,
        KUBECONFIG: join(lab.folder, ".moorage", "kubeconfig"),
      },
    },
  );
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.filter(({ type }) => type === "rehearsed")).toMatchObject([{ ok: true }, { ok: true }]);
  expect(events.map(({ type }) => type)).toContain("component-ready");
  expect(events.slice(-2)).toMatchObject([
    { type: "result", status: "deployed", revision: 1 },
    { type: "status", name: "page", health: "ready" },
  ]);
});

it("tells what stops it as a line, too", async () => {
  const said = await run(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, "--file", "moorage.yaml", "prod"],
    { cwd: lab.folder, env: { PATH: process.env["PATH"], HOME: lab.folder } },
  ).catch((error: { code: number; stdout: string; stderr: string }) => error);
  expect(said).toMatchObject({ code: 1, stderr: "" });
  expect(JSON.parse(said.stdout)).toMatchObject({ type: "error", code: "Usage" });
});
