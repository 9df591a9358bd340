// Packs the package, installs it into an empty folder, and runs it there: what a user of the published package gets.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "moorage-package-"));
const run = (command: string, args: string[], cwd = folder): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const expect = (condition: boolean, what: string): void => {
  if (!condition) throw new Error(`check:package: ${what}`);
};

try {
  const packed = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root),
  ) as
    | { filename: string; files: { path: string }[] }[]
    | Record<string, { filename: string; files: { path: string }[] }>;
  const archive = Object.values(packed)[0];
  if (archive === undefined) throw new Error("check:package: npm pack said nothing");
  const ofTests = archive.files.find(({ path }) => /\.test\.|\/testing\//.test(path));
  expect(ofTests === undefined, `what tests need is in the package: ${ofTests?.path}`);

  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "outside", private: true, type: "module" }),
  );
  const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", join(folder, archive.filename)];
  for (let tries = 1; ; tries++) {
    try {
      run("npm", install);
      break;
    } catch (error) {
      // A registry may be out of reach for a moment.
      if (tries === 3) throw error;
      await sleep(tries * 10_000);
    }
  }
  const moorage = join(folder, "node_modules", ".bin", "moorage");
  expect(run(moorage, ["--help"]).includes("moorage"), "--help does not answer");

  // Types: a platform file outside the checkout compiles against what was installed.
  run(moorage, ["init", "--name", "harbour", "--template", "web", "--yes"]);
  expect(run(moorage, ["check"]).length > 0, "check says nothing about a new platform");
  run(join(root, "node_modules", ".bin", "tsc"), [
    ..."--noEmit --strict --skipLibCheck --module nodenext --moduleResolution nodenext --target es2024".split(
      " ",
    ),
    join(folder, "moorage.config.ts"),
  ]);

  // The command as it is bundled: its sandbox serves, and its own client speaks to it.
  const sandbox = spawn(moorage, ["sandbox"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(sandbox, "exit");
  try {
    let said = "";
    for await (const chunk of sandbox.stdout as AsyncIterable<Buffer>) {
      said += chunk.toString();
      if (said.includes("is ready")) break;
    }
    expect(said.includes("is ready"), "the sandbox does not start");
    expect(run(moorage, ["plan", "dev"]).includes("create"), "plan does not answer");
  } finally {
    sandbox.kill("SIGTERM");
    await ended;
  }
  console.log(`The package installs, runs and types outside the checkout (${archive.files.length} files).`);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
