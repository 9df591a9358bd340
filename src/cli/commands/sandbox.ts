import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { MoorageError } from "../../contract/index.ts";
import { findSandbox, stateFolderOf, type SandboxRecord } from "../../dev/sandboxState.ts";
import type { SandboxMessage } from "../../dev/SandboxProcess.ts";
import { defineCommand, textOption } from "../Command.ts";
import { portOption } from "../portOption.ts";
import { systemError } from "../systemError.ts";
import type { CommandContext } from "../CommandContext.ts";

export const sandboxCommand = defineCommand({
  name: "sandbox",
  group: "This machine",
  summary: "the embedded cluster by itself, for kubectl and helm",
  description:
    "Runs a Kubernetes API server, its controllers and a node that runs pods as processes, until Ctrl-C. Objects, keys and volumes are kept in a folder; a second start finds them. `moorage dev` starts one by itself.",
  options: [
    { flags: "--name <name>", description: "names the hosts of the front door, COMPONENT.NAME.localhost" },
    {
      flags: "--state <folder>",
      description: "where its state is kept (default: .moorage beside the platform file, or here)",
    },
    { flags: "--port <port>", description: "port of the front door (default: the one it had before)" },
    {
      flags: "--simulate",
      description: "pods only pretend to run: nothing is started, thousands of them fit",
    },
    { flags: "--supervised", description: "speak JSON lines, and stop when stdin closes", hidden: true },
  ],
  examples: [
    {
      command: "moorage sandbox",
      explains: 'in one terminal; in another: eval "$(moorage sandbox env)"; kubectl get pods',
    },
  ],
  async run({ options }, context) {
    // The young generation stays small: measured, that takes 30 MB less, and nothing longer (BENCHMARKS.md).
    setFlagsFromString("--semi-space-growth-factor=1");
    const { output } = context;
    const supervised = options.supervised === true;
    const state = await sandboxStateFolder(context);
    const stateDir = resolve(context.cwd, textOption(options, "state") ?? state.folder);
    const platform = textOption(options, "name") ?? state.name;
    const running = findSandbox(stateDir);
    if (running !== undefined && !supervised) {
      throw new MoorageError(
        "SandboxFailed",
        `A sandbox runs over this folder already (process ${running.pid}).`,
        {
          file: stateDir,
          hint: 'Use it: eval "$(moorage sandbox env)"',
        },
      );
    }
    const stop = new AbortController();
    context.signal.addEventListener("abort", () => stop.abort(), { once: true });
    const tell = (message: SandboxMessage): void => void output.stdout.write(`${JSON.stringify(message)}\n`);
    if (supervised) {
      // The parent is gone, however it went.
      process.stdin
        .resume()
        .once("close", () => stop.abort())
        .once("end", () => stop.abort());
    }
    try {
      const { runSandbox } = await import("../../dev/runSandbox.ts");
      await runSandbox({
        stateDir,
        platform,
        doorPort: portOption(textOption(options, "port")),
        environment: context.environment,
        simulate: options.simulate === true,
        signal: stop.signal,
        onStep: (text) => (supervised ? tell({ type: "step", text }) : output.remark(text)),
        onReady: (record: SandboxRecord) => {
          if (supervised) return tell({ type: "ready", record });
          output.line(
            `The sandbox is ready at ${record.server}; its front door listens on port ${record.door}.`,
          );
          output.line(
            `\n  export KUBECONFIG=${record.kubeconfig}\n\nCtrl-C stops it. What it keeps is in ${stateDir}.`,
          );
        },
      });
    } catch (error) {
      if (!supervised) throw error;
      // The parent prints it; a bug of ours reaches it through stderr.
      const told = systemError(error) ?? error;
      if (!(told instanceof MoorageError)) throw error;
      const { code, message, hint, exitCode } = told;
      tell({ type: "failed", code, message, hint, exitCode, file: told.location.file });
      return 1;
    } finally {
      // An open stdin would keep the process.
      if (supervised) process.stdin.destroy();
    }
    return context.signal.aborted && !supervised ? 130 : 0;
  },
});

/** Where the sandbox of this place lives: beside the platform file, or, without one, in the working folder. */
export async function sandboxStateFolder(
  context: Pick<CommandContext, "cwd" | "file">,
): Promise<{ folder: string; name: string }> {
  const { findPlatformFile } = await import("../../platform/findPlatformFile.ts");
  try {
    return {
      folder: stateFolderOf(findPlatformFile({ cwd: context.cwd, file: context.file })),
      name: "sandbox",
    };
  } catch (error) {
    // By itself the sandbox needs no platform; one that was named has to be there.
    if (context.file !== undefined || !(error instanceof MoorageError)) throw error;
    return { folder: stateFolderOf(resolve(context.cwd, "moorage.yaml")), name: "sandbox" };
  }
}
