import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CliFolder, type CliResult } from "../cli/CliFolder.ts";
import { processesBelow } from "../dev/DevRun.ts";
import { canaryValues, filesBelow, found } from "./canaryValues.ts";

const keys = Object.keys(canaryValues);
const environment = keys.map((key) => `${key}: "\${secret.db.${key}}"`).join(", ");
/** `fails` prints what it knows in every form, and ends; the job does so once. */
const platform = (healthy: boolean): string => `name: tides
images: { program: { ref: registry.example.org/program, tag: "1", dev: { cwd: program } } }
environments:
  local: { target: sandbox }
secrets:
  db: { from: environment, keys: [${keys.join(", ")}] }
components:
  talks: { kind: worker, image: program, command: [node, talks.js], env: { ${environment} } }
  ${
    healthy
      ? ""
      : `fails: { kind: worker, image: program, command: [node, fails.js], env: { ${environment} } }
  once: { kind: job, image: program, command: [node, fails.js], on: deploy, env: { ${environment} } }`
  }
`;
const says = `
for (const key of ${JSON.stringify(keys)}) {
  const value = process.env[key], bytes = Buffer.from(value);
  console.log("said", value, JSON.stringify(value), encodeURIComponent(value), bytes.toString("base64"), bytes.toString("base64url"));
}
`;

describe.skipIf(process.platform !== "linux")(
  "No byte of a secret is in what programs of the sandbox leave on the terminal",
  { timeout: 300_000 },
  () => {
    const folder = new CliFolder();
    const stop = new AbortController();
    let printed = "";
    let dev: Promise<CliResult>;
    const commandLines = new Set<string>();
    let looking: NodeJS.Timeout;

    async function prints(pattern: RegExp): Promise<void> {
      for (let tries = 0; tries < 2_400 && !pattern.test(printed); tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(printed).toMatch(pattern);
    }

    beforeAll(async () => {
      folder.environment = { ...folder.environment, ...canaryValues };
      folder.write("moorage.yaml", platform(true));
      folder.write("program/talks.js", `${says} setInterval(() => {}, 1000);`);
      folder.write("program/fails.js", `${says} process.exit(127);`);
      looking = setInterval(() => {
        for (const line of processesBelow(folder.path)) commandLines.add(line);
      }, 20);
      const stream = { write: (text: string) => (printed += text) };
      dev = folder.run(["--debug", "dev"], { signal: stop.signal, stdout: stream, stderr: stream });
      await prints(/Running, after/);
    });
    afterAll(async () => {
      stop.abort();
      await dev;
      clearInterval(looking);
      folder.remove();
    });

    const run = async (command: string): Promise<CliResult> => await folder.run(command.split(" "));

    it("by dev, logs, status, sandbox env, restart, plan and deploy, of programs that fail", async () => {
      folder.write("moorage.yaml", platform(false));
      await prints(/(fails|once) cannot become ready/);
      const commands = [
        "logs local",
        "logs local talks --tail 3",
        "logs local fails --previous",
        "status local",
        "status local -o json",
        "sandbox env",
        "plan local --save local.plan",
        "--debug deploy local --yes --timeout 90",
        "deploy local --yes -o json --timeout 90",
        "--debug restart local talks",
        "history local",
        "--debug rollback local --yes",
        "render local",
      ];
      for (const command of commands) await run(command);
      expect(folder.everything).toContain("said [redacted]");
      expect(folder.everything).toMatch(/last lines of /);
      expect(found(printed + folder.everything)).toEqual([]);
    });

    it("nor in the arguments of any process that was started", () => {
      const all = [...commandLines].join("\n");
      expect(all).toContain("talks.js");
      expect(all).toContain("fails.js");
      expect(found(all)).toEqual([]);
    });

    it("nor in files that others may read", () => {
      const state = join(folder.path, ".moorage");
      expect(statSync(state).mode & 0o777).toBe(0o700);
      const open = readdirSync(state, { withFileTypes: true })
        .filter((entry) => entry.isFile() && (statSync(join(state, entry.name)).mode & 0o077) !== 0)
        .map(({ name }) => name);
      expect(open).toEqual([]);
      expect(statSync(join(folder.path, "local.plan")).mode & 0o777).toBe(0o600);
      // What is in the state folder is the cluster's own: its store, and what programs wrote.
      expect(found(filesBelow(folder.path, (path) => !path.startsWith(state)))).toEqual([]);
    });
  },
);
