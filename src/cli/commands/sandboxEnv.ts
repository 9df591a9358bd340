import { resolve } from "node:path";
import { MoorageError } from "../../contract/index.ts";
import { findSandbox } from "../../dev/sandboxState.ts";
import { defineCommand, textOption } from "../Command.ts";
import { sandboxStateFolder } from "./sandbox.ts";

export const sandboxEnvCommand = defineCommand({
  name: "sandbox env",
  group: "This machine",
  summary: "print exports that point kubectl and helm at the sandbox",
  options: [
    {
      flags: "--state <folder>",
      description: "the sandbox's folder (default: .moorage beside the platform file)",
    },
  ],
  json: true,
  examples: [
    {
      command: 'eval "$(moorage sandbox env)"',
      explains: "from now on kubectl speaks to the sandbox, in this shell",
    },
  ],
  async run({ options }, context) {
    const folder = resolve(
      context.cwd,
      textOption(options, "state") ?? (await sandboxStateFolder(context)).folder,
    );
    const sandbox = findSandbox(folder);
    if (sandbox === undefined) {
      throw new MoorageError("SandboxNotRunning", "No sandbox is running here.", {
        file: folder,
        hint: "Start one: moorage dev, or moorage sandbox",
      });
    }
    context.output.line(`export KUBECONFIG=${shellQuoted(sandbox.kubeconfig)}`);
    context.output.json({ KUBECONFIG: sandbox.kubeconfig });
  },
});

const shellQuoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
