import { homedir } from "node:os";
import { MoorageError } from "../../contract/index.ts";
import { parseDuration } from "../../routing/duration.ts";
import { defineCommand } from "../Command.ts";
import { placeOptions, runningSandbox } from "../sandboxPlace.ts";

export const sandboxClockCommand = defineCommand({
  name: "sandbox clock",
  group: "This machine",
  summary: "tell the time of a sandbox, or let it pass",
  description:
    "In a sandbox that was started with --clock driven, time passes when you say so: schedules fire, finished Jobs and events expire, leases run out, pods that pretend go on. The command ends when everything has happened that happens in that time. Without arguments it prints what time it is there.",
  arguments: [
    { name: "advance", description: "the word: advance", optional: true },
    { name: "duration", description: "how much time is to pass: 90s, 5m, 1h30m, 2d", optional: true },
  ],
  options: placeOptions,
  json: true,
  examples: [
    {
      command: "moorage sandbox clock advance 8h",
      explains: "a CronJob of every hour has then run eight times",
    },
    { command: "moorage sandbox clock", explains: "what time it is there" },
  ],
  async run({ args, options }, context) {
    const [verb, text] = args;
    const milliseconds = parseDuration(text);
    if (verb !== undefined && (verb !== "advance" || milliseconds === undefined)) {
      const wrong =
        verb !== "advance" ? `"${verb}" is nothing that a clock can do.` : `"${text ?? ""}" is no duration.`;
      throw new MoorageError("Usage", wrong, {
        hint: "moorage sandbox clock advance 5m (90s, 1h30m, 2d)",
        exitCode: 2,
      });
    }
    const { kubeconfig, stateDir, driven } = await runningSandbox(options, context);
    if (verb !== undefined && driven !== true) {
      throw new MoorageError(
        "Unsupported",
        "The time of this sandbox is the machine's: it can't be advanced.",
        {
          file: stateDir,
          hint: "Stop it, and start it with driven time: moorage sandbox --clock driven",
        },
      );
    }
    const { openKubeClient } = await import("../../kube/index.ts");
    const { advanceClock, readClock } = await import("../../sandbox/time/advanceClock.ts");
    const home = context.environment.HOME ?? homedir();
    const { client } = openKubeClient({ env: context.environment, home, kubeconfig });
    try {
      const { now, driven: isDriven } =
        verb === undefined || milliseconds === undefined
          ? await readClock(client.transport, context.signal)
          : await advanceClock(client.transport, milliseconds, context.signal);
      context.output.line(now);
      context.output.json({ now, clock: isDriven ? "driven" : "real" });
    } finally {
      await client.close();
    }
  },
});
