import { defineCommand } from "../Command.ts";
import { loadPlatformFor } from "../loadPlatformFor.ts";
import { problemText } from "../printError.ts";

export const checkCommand = defineCommand({
  name: "check",
  group: "Describe",
  summary: "find what would fail, or lose data, before it does",
  description:
    "Evaluates the platform file for every environment, or for one, and shows all problems at once: wrong fields and references, cycles, names that are too long, what a way of exposing can't do, volumes that would lose data. Exit code 1 when there is an error; warnings alone are 0.",
  arguments: [{ name: "environment", description: "only this one", optional: true }],
  json: true,
  examples: [{ command: "moorage check prod", explains: "all problems of the environment prod" }],
  async run({ args }, context) {
    const { output } = context;
    const loaded = await loadPlatformFor(context);
    const { checkEnvironment } = await import("../../platform/index.ts");
    const { problems, environments } = checkEnvironment(loaded, args[0]);
    const errors = problems.filter((problem) => problem.severity !== "warning");
    output.json({ problems, environments });
    for (const problem of problems) output.line(problemText(problem, output));
    const names = environments.join(", ");
    if (problems.length === 0)
      output.line(`${output.colors.green("✓")} ${loaded.name}: no problems in ${names}`);
    else {
      const counts = [counted(errors.length, "error"), counted(problems.length - errors.length, "warning")];
      output.line(`${counts.filter((text) => text !== "").join(", ")} in ${names}`);
    }
    return errors.length > 0 ? 1 : 0;
  },
});

/** `1 error`, `2 errors`; nothing for none. */
const counted = (count: number, noun: string): string =>
  count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
