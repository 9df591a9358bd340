import { defineCommand } from "../Command.ts";

export const schemaCommand = defineCommand({
  name: "schema",
  group: "Describe",
  summary: "print the JSON Schema of moorage.yaml",
  description: "Prints the JSON Schema of moorage.yaml, for completion and checks in an editor.",
  examples: [
    {
      command: "moorage schema > moorage.schema.json",
      explains:
        "for an editor: `# yaml-language-server: $schema=moorage.schema.json` as the first line of moorage.yaml",
    },
  ],
  async run(_input, { output }) {
    const [{ jsonSchemaOf }, { componentKinds }] = await Promise.all([
      import("../../platform/index.ts"),
      import("../../components/index.ts"),
    ]);
    output.line(JSON.stringify(jsonSchemaOf(componentKinds), null, 2));
  },
});
