import { defineCommand } from "../Command.ts";
import { loadPlatformFor } from "../loadPlatformFor.ts";
import { environmentArgument, targetFlag } from "../preparePlan.ts";
import { textOption } from "../Command.ts";

export const renderCommand = defineCommand({
  name: "render",
  group: "Describe",
  summary: "print the Kubernetes objects of an environment",
  description:
    "Prints what a deploy would apply, as YAML that kubectl reads. No cluster is asked, so the values of secrets are left out: a Secret shows its keys only.",
  arguments: [environmentArgument],
  options: [targetFlag],
  json: true,
  examples: [
    { command: "moorage render prod > prod.yaml", explains: "the objects of prod, to read or to compare" },
  ],
  async run({ args, options }, context) {
    const loaded = await loadPlatformFor(context);
    const { evaluateEnvironment, renderEnvironment } = await import("../../platform/index.ts");
    const evaluated = evaluateEnvironment(loaded, args[0] ?? "", {
      target: textOption(options, "target") === "sandbox" ? "sandbox" : undefined,
    });
    const rendering = renderEnvironment(evaluated);
    const objects = rendering.objects.map(({ object }) => object);
    context.output.json({ apiVersion: "v1", kind: "List", items: objects });
    const { stringify } = await import("yaml");
    for (const object of objects) {
      context.output.line("---");
      context.output.line(
        stringify(object, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false }).trimEnd(),
      );
    }
  },
});
