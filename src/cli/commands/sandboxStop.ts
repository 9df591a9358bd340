import { MoorageError } from "../../contract/index.ts";
import { holderOf } from "../../dev/folderClaim.ts";
import { findSandbox, isRunning } from "../../dev/sandboxState.ts";
import { systemClock } from "../../kube/Clock.ts";
import { defineCommand } from "../Command.ts";
import { placeOptions, runningSandbox, sandboxPlace } from "../sandboxPlace.ts";

/** It promises to be gone within four seconds; on a machine that is busy with other things it may take longer. */
const patience = 15_000;

export const sandboxStopCommand = defineCommand({
  name: "sandbox stop",
  group: "This machine",
  summary: "stop the sandbox that runs here, and with it every program of its pods",
  description:
    "As Ctrl-C in its terminal: programs are asked to end, then killed; nothing is left behind. What it keeps stays, and a next start finds it.",
  options: placeOptions,
  examples: [
    { command: "moorage sandbox stop --name nightly", explains: "the one that was started with this name" },
  ],
  async run({ options }, context) {
    const { stateDir, name } = await sandboxPlace(options, context);
    const record = findSandbox(stateDir);
    // One that starts, or stops already, has no record that commands could use.
    const running = record ?? holderOf(stateDir) ?? (await runningSandbox(options, context));
    const { pid } = running;
    process.kill(pid, "SIGTERM");
    for (let waited = 0; isRunning(running); waited += 50) {
      if (waited >= patience) {
        throw new MoorageError("SandboxFailed", `The sandbox does not stop (process ${pid}).`, {
          file: stateDir,
          hint: `Kill it: kill -9 ${pid}. The next start ends what it leaves running, and nothing that it keeps is lost.`,
        });
      }
      await systemClock.sleep(50, context.signal);
    }
    context.output.line(`The sandbox ${record?.platform ?? name} has stopped.`);
  },
});
