import { defineCommand } from "../Command.ts";
import { placeOptions, runningSandbox } from "../sandboxPlace.ts";

export const sandboxEnvCommand = defineCommand({
  name: "sandbox env",
  group: "This machine",
  summary: "print exports that point kubectl and helm at the sandbox",
  options: placeOptions,
  json: true,
  examples: [
    {
      command: 'eval "$(moorage sandbox env)"',
      explains: "from now on kubectl speaks to the sandbox, in this shell",
    },
  ],
  async run({ options }, context) {
    const { kubeconfig } = await runningSandbox(options, context);
    context.output.line(`export KUBECONFIG=${shellQuoted(kubeconfig)}`);
    context.output.json({ KUBECONFIG: kubeconfig });
  },
});

const shellQuoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
