import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandRegistry } from "./commandRegistry.ts";
import { runCli, type CliHost } from "./runCli.ts";

/** A terminal-less host that records what is printed. */
function recordingHost(cwd: string, more: Partial<CliHost> = {}) {
  const printed = { stdout: "", stderr: "" };
  const host: CliHost = {
    cwd,
    environment: { HOME: cwd, NO_COLOR: "1" },
    stdout: { write: (text) => (printed.stdout += text) },
    stderr: { write: (text) => (printed.stderr += text) },
    interactive: false,
    signal: new AbortController().signal,
    version: "0.0.0-test",
    ...more,
  };
  return { host, printed };
}

describe("the command line", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-cli-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const moorage = async (...argv: string[]) => {
    const { host, printed } = recordingHost(folder);
    const code = await runCli(argv, host);
    return { code, ...printed };
  };

  it("lists every command in its help", async () => {
    const { code, stdout } = await moorage("--help");
    expect(code).toBe(0);
    for (const command of commandRegistry.filter(({ name }) => !name.includes(" "))) {
      expect(stdout).toContain(`  ${command.name}`);
    }
  });

  it.each(commandRegistry.map(({ name }) => name))("shows an example in the help of %s", async (name) => {
    const { code, stdout } = await moorage(...name.split(" "), "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\S/);
  });

  it("exits with 2 and suggests the command that was meant", async () => {
    const { code, stderr } = await moorage("stauts");
    expect(code).toBe(2);
    expect(stderr).toContain("status");
  });

  it.each([
    { line: "frobnicate", says: "error unknown command 'frobnicate'\n  → See moorage --help\n" },
    {
      line: "deplyo prod",
      says: "error unknown command 'deplyo'\n  → Did you mean deploy? See moorage --help\n",
    },
    { line: "plan", says: "error missing required argument 'environment'\n  → See moorage plan --help\n" },
    {
      line: "deploy prod --onyl web",
      says: "error unknown option '--onyl'\n  → Did you mean --only? See moorage deploy --help\n",
    },
    {
      line: "status prod -o xml",
      says: "error option '-o, --output <format>' argument 'xml' is invalid. Allowed choices are text, json.\n  → See moorage status --help\n",
    },
    {
      line: "deploy prod --timeout soon",
      says: 'error --timeout takes a duration of more than 0 seconds, not "soon".\n  → For example: --timeout 90s, --timeout 5m\n',
    },
  ])("tells $line as every other mistake, with the next step, and exits with 2", async ({ line, says }) => {
    expect(await moorage(...line.split(" "))).toEqual({ code: 2, stdout: "", stderr: says });
  });

  it("tells a wrong command line as data under -o json", async () => {
    const { code, stdout } = await moorage("plan", "-o", "json");
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "Usage",
        message: "missing required argument 'environment'",
        hint: "See moorage plan --help",
      },
    });
  });

  it.each(commandRegistry.map(({ name }) => name))("keeps the help of %s within 80 columns", async (name) => {
    const { stdout } = await moorage(...name.split(" "), "--help");
    const examples = stdout.search(/^Examples?:$/m);
    expect(
      stdout
        .slice(0, examples)
        .split("\n")
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  it("keeps its own help within 80 columns", async () => {
    const { stdout } = await moorage("--help");
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("breaks a long error between words on a terminal, its command whole, and nowhere else", async () => {
    writeFileSync(
      join(folder, "moorage.yaml"),
      "name: tides\nenvironments:\n  dev: { target: sandbox }\ncomponents: {}\n",
    );
    const { host, printed } = recordingHost(folder);
    const line = [
      "deploy",
      "dev",
      "--timeout",
      "as long as it takes until the very last of them is really ready",
    ];
    await runCli(line, { ...host, stderr: { ...host.stderr, isTTY: true, columns: 60 } });
    expect(printed.stderr).toBe(
      [
        "error --timeout takes a duration of more than 0 seconds,",
        '  not "as long as it takes until the very last of them is',
        '  really ready".',
        "  → For example: --timeout 90s, --timeout 5m",
        "",
      ].join("\n"),
    );
    expect((await moorage(...line)).stderr.split("\n")).toHaveLength(3);
  });

  it.each([
    "plan prod --only curater",
    "deploy prod --only curater",
    "logs prod curater",
    "restart prod curater",
  ])("tells a component that %s does not mean before it looks for a cluster", async (line) => {
    writeFileSync(
      join(folder, "moorage.yaml"),
      [
        "name: tides",
        "environments: { prod: { target: { context: nowhere } } }",
        "components:",
        "  curator: { kind: service, image: example.org/curator:1 }",
        "  index: { kind: service, image: example.org/index:1 }",
        "",
      ].join("\n"),
    );
    expect(await moorage(...line.split(" "))).toEqual({
      code: 2,
      stdout: "",
      stderr: 'error prod has no component "curater".\n  → Did you mean curator? It has: curator, index.\n',
    });
    // The cluster is not there either, which is what the right name comes to.
    expect((await moorage(...line.replace("curater", "curator").split(" "))).stderr).toContain("nowhere");
  });

  it("says where a platform file was looked for", async () => {
    const { code, stderr } = await moorage("check");
    expect(code).toBe(2);
    expect(stderr).toContain("moorage.config.ts");
    expect(stderr).toContain("moorage init");
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it("prints one document under -o json, errors included", async () => {
    writeFileSync(
      join(folder, "moorage.yaml"),
      "name: tides\nenvironments:\n  dev: { target: sandbox }\ncomponents:\n  web: { kind: servce }\n",
    );
    const { code, stdout } = await moorage("check", "-o", "json");
    expect([1, 2]).toContain(code);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  it("colours on a terminal, and not when NO_COLOR is set or in a pipe", async () => {
    writeFileSync(join(folder, "moorage.yaml"), "- no platform\n");
    const coloured = async (isTTY: boolean, environment: Record<string, string>): Promise<boolean> => {
      const { host, printed } = recordingHost(folder, { environment: { HOME: folder, ...environment } });
      await runCli(["check"], { ...host, stdout: { ...host.stdout, isTTY } });
      return printed.stderr.includes("\u001b[");
    };
    expect(await coloured(true, {})).toBe(true);
    expect(await coloured(true, { NO_COLOR: "1" })).toBe(false);
    expect(await coloured(true, { TERM: "dumb" })).toBe(false);
    expect(await coloured(false, {})).toBe(false);
  });

  describe("init", () => {
    it.each([
      ["web", []],
      ["data", []],
      ["web", ["--yaml"]],
      ["data", ["--yaml"]],
    ] as const)("writes a platform (%s %s) that has no problems", async (template, more) => {
      const made = await moorage("init", "--name", "survey", "--template", template, "--yes", ...more);
      expect(made).toMatchObject({ code: 0, stderr: "" });
      const checked = await moorage("check");
      expect(checked.stdout).toContain("no problems");
      expect(checked.code).toBe(0);
      expect(readFileSync(join(folder, ".gitignore"), "utf8")).toContain(".moorage/");
    });

    it("overwrites nothing", async () => {
      writeFileSync(join(folder, "moorage.yaml"), "mine");
      const { code, stderr } = await moorage("init", "--yes");
      expect(code).toBe(2);
      expect(stderr).toContain("moorage.yaml");
      expect(readdirSync(folder)).toEqual(["moorage.yaml"]);
    });

    it("asks nothing without a terminal, and names the flag", async () => {
      const { code, stderr } = await moorage("init");
      expect(code).toBe(2);
      expect(stderr).toContain("--name");
    });

    it("refuses a name that no object could have", async () => {
      const { code, stderr } = await moorage("init", "--name", "My Platform", "--yes");
      expect(code).toBe(2);
      expect(stderr).toContain("My Platform");
    });

    it("asks three questions of a person", async () => {
      const asked: string[] = [];
      const { host } = recordingHost(folder, {
        prompt: {
          interactive: true,
          confirm: async () => true,
          input: async (question) => (asked.push(question), "survey"),
          select: async (question, choices) => (asked.push(question), choices[0]!.value),
        },
      });
      writeFileSync(
        join(folder, "config"),
        "apiVersion: v1\nkind: Config\ncontexts: [{ name: okd, context: { cluster: c, user: u } }]\nclusters: [{ name: c, cluster: { server: 'https://127.0.0.1:1' } }]\nusers: [{ name: u, user: {} }]\n",
      );
      const code = await runCli(["init"], {
        ...host,
        environment: { ...host.environment, KUBECONFIG: join(folder, "config") },
      });
      expect(code).toBe(0);
      expect(asked).toHaveLength(3);
    });
  });
});
