import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CliFolder } from "../cli/CliFolder.ts";
import { unclear } from "./unclear.ts";

interface Case {
  readonly title: string;
  readonly file?: string;
  readonly text: string;
  /** `moorage check` unless said. */
  readonly argv?: readonly string[];
  readonly code: 1 | 2;
  /** All of them are printed. */
  readonly says: readonly string[];
}

const config = "moorage.config.ts";
const typescript = (components: string): string => `import { platform, redis, service } from "moorage";

export default platform("tides", {
  images: { web: { ref: "registry.example.org/web", tag: "1", dev: { cwd: "web" } } },
  environments: { dev: { target: "sandbox" }, prod: { target: { context: "okd" }, namespace: "tides" } },
  components: (env) => {
${components}
  },
});
`;
const good = typescript(`    const web = service({ image: env.images.web, runAs: 1 });\n    return { web };`);
const yaml = (components: string): string => `name: tides
images:
  web: { ref: registry.example.org/web, tag: "1", dev: { cwd: web } }
environments:
  dev: { target: sandbox }
components:
${components}
`;

const cases: readonly Case[] = [
  {
    title: "a key that the platform does not have",
    text: good.replace("images:", "imagse:"),
    code: 2,
    says: ["moorage.config.ts:3", 'unknown key "imagse"', 'did you mean "images"?'],
  },
  {
    title: "a key that a component does not have",
    text: typescript(
      "    const web = service({ image: env.images.web, replica: 2 } as never);\n    return { web };",
    ),
    code: 1,
    says: [
      "moorage.config.ts:7",
      "components.web.replica",
      'did you mean "replicas"?',
      "1 error in dev, prod",
    ],
  },
  {
    title: "a value of the wrong type, told before a deploy does anything",
    text: typescript(
      '    const web = service({ image: env.images.web, replicas: "two" } as never);\n    return { web };',
    ),
    argv: ["deploy", "dev", "--yes"],
    code: 2,
    says: ["moorage.config.ts:7", "components.web.replicas", 'expected a number, found "two"'],
  },
  {
    title: "several mistakes at once",
    file: "moorage.yaml",
    text: yaml("  web: { kind: service, image: web, replicas: two }\n  api: { kind: servce, image: web }"),
    argv: ["plan", "dev"],
    code: 2,
    says: [
      "moorage.yaml has 2 problems",
      'moorage.yaml:7:37 components.web.replicas: expected a number, found "two"',
      'moorage.yaml:8:10 components.api.kind: there is no kind "servce"',
      'did you mean "service"?',
    ],
  },
  {
    title: "a version that YAML takes for a number",
    file: "moorage.yaml",
    text: yaml("  web: { kind: service, image: web, env: { LEVEL: a }, command: [node, 1.10] }"),
    argv: ["plan", "dev"],
    code: 2,
    says: ["components.web.command[1]: expected a string, found 1.1", "→ put it in quotes, as it is meant"],
  },
  {
    title: "a reference to a component that is not there",
    file: "moorage.yaml",
    text: yaml(
      "  web: { kind: service, image: web, env: { BROKER: '${brokr.url}' } }\n  broker: { kind: redis }",
    ),
    code: 1,
    says: ["moorage.yaml:7:44 components.web.env.BROKER", '"brokr"', "broker"],
  },
  {
    title: "an output that a component does not have",
    text: typescript(
      "    const broker = redis();\n    const web = service({ image: env.images.web, env: { A: `${(broker as never as { ulr: string }).ulr}/0` } });\n    return { broker, web };",
    ),
    code: 1,
    says: ["moorage.config.ts:8", "ulr", "url"],
  },
  {
    title: "a component that is used but not returned",
    text: typescript(
      "    const broker = redis();\n    const web = service({ image: env.images.web, env: { A: broker.url } });\n    return { web };",
    ),
    code: 1,
    says: ["components.web.env.A", "not returned", "moorage.config.ts:7"],
  },
  {
    title: "a component that is returned twice",
    text: typescript("    const web = service({ image: env.images.web });\n    return { web, again: web };"),
    code: 1,
    says: ["moorage.config.ts:7 components.again", 'the same component as "web"'],
  },
  {
    title: "two components of one name",
    file: "moorage.yaml",
    text: yaml("  web: { kind: service, image: web }\n  web: { kind: worker, image: web }"),
    code: 2,
    says: ["moorage.yaml:8:3", '"web" stands here twice'],
  },
  {
    title: "components that wait for each other",
    file: "moorage.yaml",
    text: yaml(
      "  a: { kind: service, image: web, after: [b] }\n  b: { kind: service, image: web, after: [a] }",
    ),
    argv: ["deploy", "dev", "--yes"],
    code: 2,
    says: ["moorage.yaml:7:3 components.a", "a -> b -> a", "drop an `after`"],
  },
  {
    title: "a name that no object can have",
    text: good.replace("return { web }", 'return { "My Web": web }'),
    code: 1,
    says: ["components.My Web", "DNS label", '"my-web"'],
  },
  {
    title: "an exception in `components`",
    text: typescript('    throw new Error("out of luck");'),
    code: 1,
    says: ["moorage.config.ts:7", "out of luck"],
  },
  {
    title: "an exception while the file is loaded",
    text: `import "moorage";\nconst none = JSON.parse("null");\nnone.field.other;\nexport default none;\n`,
    code: 2,
    says: ["moorage.config.ts:3", "Cannot read properties of null (reading 'field')"],
  },
  {
    title: "`components` that promises",
    text: good.replace("return { web }", "return Promise.resolve({ web }) as never"),
    code: 1,
    says: ["components must not be asynchronous"],
  },
  {
    title: "`components` that returns nothing",
    text: good.replace("return { web };", ""),
    code: 1,
    says: ["components must return an object"],
  },
  {
    title: "a syntax error in TypeScript",
    text: 'import { platform } from "moorage";\nexport default platform("tides", {\n  images: {,\n});\n',
    code: 2,
    says: ["moorage.config.ts:3:12", "syntax error"],
  },
  {
    title: "a syntax error in YAML",
    file: "moorage.yaml",
    text: "name: tides\nimages:\n  web: { ref: [\ncomponents: {}\n",
    code: 2,
    says: ["moorage.yaml is no valid YAML", "moorage.yaml:4"],
  },
  {
    title: "an empty TypeScript file",
    text: "",
    code: 2,
    says: ["moorage.config.ts has no platform as its default export", 'export default platform("NAME"'],
  },
  {
    title: "an empty YAML file",
    file: "moorage.yaml",
    text: "# nothing yet\n",
    code: 2,
    says: ["moorage.yaml is empty", "moorage init"],
  },
  {
    title: "a file that is no platform",
    text: "export default { a: 1 };\n",
    code: 2,
    says: ["moorage.config.ts has no platform as its default export"],
  },
  {
    title: "YAML that is no platform",
    file: "moorage.yaml",
    text: "- a\n- b\n",
    code: 2,
    says: ["moorage.yaml:1:1", "expected an object, found a list"],
  },
  {
    title: "an import that is not installed",
    text: `\nimport tides from "tide-tables";\n${good}\ntides;\n`,
    code: 2,
    says: ["moorage.config.ts:2", "tide-tables", "npm install tide-tables"],
  },
  {
    title: "an import of a file that is not there",
    text: `import { a } from "./nothing.ts";\n${good}\na;\n`,
    code: 2,
    says: ["moorage.config.ts:1", "./nothing.ts"],
  },
  {
    title: "a target that does not exist",
    file: "moorage.yaml",
    text: yaml("  web: { kind: service, image: web }").replace("target: sandbox", "target: sandbx"),
    code: 2,
    says: ["moorage.yaml:5:10 environments.dev.target", '"sandbox"', '"sandbx"'],
  },
  {
    title: "a platform file that is not there",
    file: "notes.txt",
    text: "",
    argv: ["check", "--file", "other.yaml"],
    code: 2,
    says: ["other.yaml"],
  },
  {
    title: "a folder instead of a platform file",
    file: "deploy/notes.txt",
    text: "",
    argv: ["check", "--file", "deploy"],
    code: 2,
    says: ["deploy is a folder", "moorage.config.ts"],
  },
  {
    title: "no platform file at all",
    file: "notes.txt",
    text: "",
    argv: ["dev"],
    code: 2,
    says: ["moorage.config.ts", "moorage init"],
  },
  ...(
    [
      ["plan", "prd"],
      ["check", "prd"],
      ["dev", "prd"],
      ["status", "prd"],
      ["logs", "prd"],
      ["destroy", "prd", "--yes"],
    ] as const
  ).map((argv) => ({
    title: `an environment that is not there (${argv[0]})`,
    text: good,
    argv,
    code: 2 as const,
    says: ['no environment "prd"', "moorage.config.ts", "dev, prod"],
  })),
  {
    title: "a port that is none",
    text: good,
    argv: ["dev", "--port", "http"],
    code: 2,
    says: ['"http" is no port'],
  },
  {
    title: "a timeout that is none",
    text: good,
    argv: ["logs", "dev", "--tail", "many"],
    code: 1,
    says: ["moorage dev"],
  },
  ...(
    [
      ["status", "dev"],
      ["plan", "dev"],
      ["deploy", "dev", "--yes"],
      ["logs", "dev"],
      ["history", "dev"],
      ["rollback", "dev", "--yes"],
      ["restart", "dev", "web"],
      ["destroy", "dev", "--yes"],
      ["sandbox", "env"],
    ] as const
  ).map((argv) => ({
    title: `a sandbox that is not running (${argv.join(" ")})`,
    text: good,
    argv,
    code: 1 as const,
    says: ["moorage dev"],
  })),
];

describe("a mistake in the platform file", () => {
  let folder: CliFolder;
  beforeEach(() => {
    folder = new CliFolder();
  });
  afterEach(() => folder.remove());

  it.each(cases)("is told clearly: $title", async ({ file = config, text, argv = ["check"], code, says }) => {
    folder.write(file, text);
    const before = readdirSync(folder.path);
    expect(unclear(await folder.run(argv), code, says)).toEqual([]);
    // Nothing was begun: no state, no lock file.
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it.each(cases.filter(({ argv }) => argv === undefined))(
    "is told as data: $title",
    async ({ file = config, text, code }) => {
      folder.write(file, text);
      const result = await folder.run(["check", "-o", "json"]);
      expect(result.code).toBe(code);
      const told = JSON.parse(result.stdout) as { problems?: unknown[]; error?: { message: string } };
      expect(told.error?.message ?? told.problems?.length).toBeTruthy();
    },
  );

  it("shows where it was thrown with --debug, and only then", async () => {
    folder.write(config, `${good}\nthrow new Error("out of luck");\n`);
    expect((await folder.run(["check"])).stderr).not.toMatch(/\n {4}at /);
    expect((await folder.run(["check", "--debug"])).stderr).toMatch(/\n {4}at /);
  });
});
