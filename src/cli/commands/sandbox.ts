import { setFlagsFromString } from "node:v8";
import { collectInLulls } from "../collectInLulls.ts";
import { MoorageError } from "../../contract/index.ts";
import type { SandboxRecord } from "../../dev/sandboxState.ts";
import type { SandboxMessage } from "../../dev/SandboxProcess.ts";
import { defineCommand, textOption, type OptionValues } from "../Command.ts";
import { portOption } from "../portOption.ts";
import { sandboxPlace } from "../sandboxPlace.ts";
import { systemError } from "../systemError.ts";

export const sandboxCommand = defineCommand({
  name: "sandbox",
  group: "This machine",
  serves: true,
  summary: "the embedded cluster by itself, for kubectl and helm",
  description:
    "Runs a Kubernetes API server, its controllers and a node that runs pods as processes, until Ctrl-C. Objects, keys and volumes are kept in a folder; a second start finds them. `moorage dev` starts one by itself.",
  options: [
    {
      flags: "--name <name>",
      description:
        "one of several: names its context, and the hosts of its front door, COMPONENT.NAME.localhost (default: the folder's name)",
    },
    {
      flags: "--state <folder>",
      description:
        "where its state is kept (default: .moorage beside the platform file, or here; with --name, a folder in it)",
    },
    { flags: "--port <port>", description: "port of the front door (default: the one it had before)" },
    {
      flags: "--simulate",
      description: "pods only pretend to run: nothing is started, thousands of them fit",
    },
    {
      flags: "--clock <clock>",
      description:
        "how time passes: real; driven, by `moorage sandbox clock advance`; or driven from a moment on, 2026-03-02T08:00:00Z",
    },
    {
      flags: "--salvage",
      description: "where the kept objects are damaged: go on with those that can be read",
    },
    { flags: "--supervised", description: "speak JSON lines, and stop when stdin closes", hidden: true },
  ],
  examples: [
    {
      command: "moorage sandbox",
      explains: 'in one terminal; in another: eval "$(moorage sandbox env)"; kubectl get pods',
    },
    {
      command: "moorage sandbox --name nightly --simulate --clock driven",
      explains:
        "one more, whose pods only pretend and whose time is driven: moorage sandbox clock advance 8h --name nightly",
    },
  ],
  async run({ options }, context) {
    // The young generation stays small: measured, that takes 30 MB less, and nothing longer (BENCHMARKS.md).
    setFlagsFromString("--semi-space-growth-factor=1");
    collectInLulls();
    const { output } = context;
    const supervised = options.supervised === true;
    const { stateDir, name } = await sandboxPlace(options, context);
    const time = timeOption(textOption(options, "clock"));
    const again = whichOne(options);
    const { settledSandbox } = await import("../../dev/folderClaim.ts");
    const onWait = ({ pid }: { pid: number }): void =>
      output.remark(`Waiting for the sandbox of process ${pid}, which starts or stops over this folder.`);
    // Who supervises has waited.
    const running = supervised
      ? undefined
      : await settledSandbox(stateDir, { signal: context.signal, onWait });
    if (running !== undefined) {
      throw new MoorageError(
        "SandboxFailed",
        `A sandbox runs over this folder already (process ${running.pid}).`,
        {
          file: stateDir,
          hint: `Use it: eval "$(moorage sandbox env${again})", or start another one: moorage sandbox --name NAME`,
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
        platform: name,
        doorPort: portOption(textOption(options, "port")),
        environment: context.environment,
        simulate: options.simulate === true,
        time,
        salvage: options.salvage === true,
        supervised,
        signal: stop.signal,
        onStep: (text) =>
          supervised ? tell({ type: "step", text }) : output.remark(`${output.colors.green("✓")} ${text}`),
        onReady: (record: SandboxRecord) => {
          if (supervised) return tell({ type: "ready", record });
          output.line("The sandbox is ready. For kubectl, helm or your own operator, in another terminal:");
          output.line(
            `\n  export KUBECONFIG=${record.kubeconfig}\n\nCtrl-C stops it. Its state is kept in ${stateDir}.`,
          );
          if (time === "real") return;
          output.line(
            `Its time ${options.simulate === true ? "stands still" : "goes on as ever"}; this lets more of it pass: moorage sandbox clock advance 5m${again}`,
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

/** What finds it again from the same folder. */
function whichOne(options: OptionValues): string {
  const [state, name] = [textOption(options, "state"), textOption(options, "name")];
  if (state !== undefined) return ` --state ${state}`;
  return name === undefined ? "" : ` --name ${name}`;
}

/** The value of `--clock`. */
function timeOption(text: string | undefined): "real" | "driven" | number {
  if (text === undefined || text === "real") return "real";
  if (text === "driven") return "driven";
  const start = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(start)) {
    throw new MoorageError("Usage", `"${text}" is no clock.`, {
      hint: "--clock real, --clock driven, or where driven time begins: --clock 2026-03-02T08:00:00Z",
      exitCode: 2,
    });
  }
  return start;
}
