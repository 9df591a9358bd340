import { findSandboxes } from "../../dev/sandboxState.ts";
import { defineCommand } from "../Command.ts";
import { homeOf, shownFolder } from "../sandboxPlace.ts";

export const sandboxListCommand = defineCommand({
  name: "sandbox list",
  group: "This machine",
  summary: "list the sandboxes that run here",
  json: true,
  examples: [
    { command: "moorage sandbox list", explains: "its own, and those that were started with --name" },
  ],
  async run(_input, context) {
    const { output } = context;
    const found = findSandboxes(await homeOf(context)).map((each) => ({
      name: each.platform,
      server: each.server,
      door: each.door,
      pid: each.pid,
      pods: each.simulate === true ? "simulated" : "processes",
      clock: each.driven === true ? "driven" : "real",
      state: each.stateDir,
      kubeconfig: each.kubeconfig,
    }));
    output.json(found);
    if (found.length === 0) return output.line("No sandbox is running here.");
    const rows = [
      ["NAME", "SERVER", "DOOR", "PODS", "CLOCK", "STATE"],
      ...found.map((each) => [
        each.name,
        each.server,
        String(each.door),
        each.pods,
        each.clock,
        shownFolder(each.state, context.cwd),
      ]),
    ];
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    for (const row of rows)
      output.line(
        row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd(),
      );
  },
});
