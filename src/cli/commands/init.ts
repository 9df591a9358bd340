import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { MoorageError } from "../../contract/index.ts";
import { defineCommand, textOption } from "../Command.ts";
import type { CommandContext } from "../CommandContext.ts";
import { dataTemplate } from "../init/dataTemplate.ts";
import { webTemplate } from "../init/webTemplate.ts";

const templates = [webTemplate, dataTemplate] as const;
const noContext = "";

export const initCommand = defineCommand({
  name: "init",
  group: "Describe",
  summary: "write a new platform file, and a program to begin with",
  description:
    "Asks three questions (the name, what to begin with, where production runs); flags answer them beforehand. What it writes runs at once with `moorage dev`. Nothing that is there is overwritten.",
  options: [
    { flags: "--name <name>", description: "of the platform: small letters, digits and hyphens" },
    {
      flags: "--template <name>",
      description: "what to begin with",
      choices: templates.map(({ name }) => name),
    },
    {
      flags: "--context <context>",
      description: "kubeconfig context of production; leave it out while there is none",
    },
    { flags: "--yaml", description: "moorage.yaml instead of moorage.config.ts" },
    {
      flags: "-y, --yes",
      description: "ask nothing: the name of the folder, a web service, no production yet",
    },
  ],
  examples: [
    { command: "moorage init", explains: "asks, and writes" },
    { command: "moorage init --name survey --template data --yes", explains: "asks nothing" },
  ],
  async run({ options }, context) {
    const yes = options.yes === true;
    const folderName = basename(context.cwd)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^[-0-9]+|-+$/g, "");
    const name =
      textOption(options, "name") ??
      (yes
        ? folderName || "platform"
        : await context.prompt.input("What is the platform called?", {
            default: folderName || "platform",
            flag: "--name NAME",
            validate: (value) => isLabel(value) || nameRule,
          }));
    if (!isLabel(name)) {
      throw new MoorageError("Usage", `"${name}" can't be the name of a platform.`, {
        hint: nameRule,
        exitCode: 2,
      });
    }
    const templateName =
      textOption(options, "template") ??
      (yes
        ? "web"
        : await context.prompt.select(
            "What shall it begin with?",
            templates.map((each) => ({ value: each.name, name: each.title })),
            { flag: "--template web" },
          ));
    const production = textOption(options, "context") ?? (yes ? noContext : await askContext(context));
    const template = templates.find((each) => each.name === templateName) ?? webTemplate;
    const files = template.files({
      name,
      context: production === noContext ? undefined : production,
      format: options.yaml === true ? "yaml" : "ts",
    });

    const there = [...Object.keys(files), "moorage.config.ts", "moorage.yaml"].find((file) =>
      existsSync(join(context.cwd, file)),
    );
    if (there !== undefined) {
      throw new MoorageError("Usage", `${there} is there already; nothing was written.`, {
        file: there,
        hint: "Run `moorage init` in an empty folder, or change the file that you have.",
        exitCode: 2,
      });
    }
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(context.cwd, file)), { recursive: true });
      writeFileSync(join(context.cwd, file), text);
      context.output.line(`${context.output.colors.green("+")} ${file}`);
    }
    ignoreState(context.cwd);
    context.output.line("\nRun it on this machine:  moorage dev");
  },
});

const nameRule = "Small letters, digits and hyphens, beginning with a letter, at most 30: survey-2.";
const isLabel = (value: string): boolean => /^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/.test(value);

/** Offers the contexts of the kubeconfig; asks nothing when there are none, or nobody to ask. */
async function askContext(context: CommandContext): Promise<string> {
  const { loadKubeconfig } = await import("../../kube/index.ts");
  const env = context.environment;
  let names: string[] = [];
  try {
    names = [...loadKubeconfig({ env, home: env.HOME ?? homedir() }).contexts.keys()];
  } catch {
    // A broken kubeconfig is no reason not to begin; deploying says what is wrong with it.
  }
  if (names.length === 0) return noContext;
  return await context.prompt.select(
    "Where does production run?",
    [
      { value: noContext, name: "nowhere yet" },
      ...names.map((value) => ({ value, name: `context ${value}` })),
    ],
    { flag: "--context CONTEXT, or --yes" },
  );
}

/** The sandbox's state holds keys and data: git must not see it. */
function ignoreState(cwd: string): void {
  const path = join(cwd, ".gitignore");
  const before = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (before.split("\n").some((line) => /^\/?\.moorage\/?$/.test(line.trim()))) return;
  const lines = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  writeFileSync(path, `${lines}.moorage/\n`);
}
