import { homedir } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DevelopEvent } from "../../dev/develop.ts";
import { defineCommand, textOption } from "../Command.ts";
import type { CommandContext } from "../CommandContext.ts";
import { DeployProgress } from "../DeployProgress.ts";
import { secondsText } from "../ageText.ts";
import { loadPlatformFor } from "../loadPlatformFor.ts";
import { portOption } from "../portOption.ts";
import { whoActs } from "../preparePlan.ts";
import { printError } from "../printError.ts";

export const devCommand = defineCommand({
  name: "dev",
  group: "This machine",
  serves: true,
  summary: "run the platform on this machine, and redeploy what changes",
  description:
    "Starts the sandbox, deploys the environment into it, prints the addresses, and redeploys just what changed whenever the platform file or a program does. Ctrl-C stops everything that was started; data is kept in .moorage/ for the next time.",
  arguments: [
    { name: "environment", description: "default: the first whose target is the sandbox", optional: true },
  ],
  options: [
    { flags: "--port <port>", description: "port of the front door (default: the one it had before)" },
    { flags: "--no-watch", description: "deploy once, and leave changes alone" },
  ],
  examples: [{ command: "moorage dev", explains: "the platform of this folder, until Ctrl-C" }],
  async run({ args, options }, context) {
    const { develop } = await import("../../dev/develop.ts");
    const doorPort = portOption(textOption(options, "port"));
    const report = new DevelopReport(context);
    // The secrets of the last deploy, not those of all that there were.
    let redact = (text: string): string => text;
    context.output.hide((text) => redact(text));
    await develop({
      load: async () => await loadPlatformFor(context),
      environment: args[0],
      program: [process.execPath, fileURLToPath(new URL("../../../bin/moorage.js", import.meta.url))],
      processEnvironment: context.environment,
      home: context.environment.HOME ?? homedir(),
      who: whoActs(context.environment),
      doorPort,
      watch: options.watch !== false,
      signal: context.signal,
      onEvent: report.onEvent,
      onRedactor: (latest) => (redact = latest),
    });
    return context.signal.aborted ? 130 : 0;
  },
});

/** Prints the development loop: a line a step, the deploy's progress, the addresses. */
class DevelopReport {
  readonly #context: CommandContext;
  #progress: Promise<DeployProgress> | undefined;
  #shown: DeployProgress | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  // Drawing begins asynchronously (its library is loaded then): events wait for each other, so that lines keep their order.
  readonly onEvent = (event: DevelopEvent): void => {
    this.#queue = this.#queue.then(async () => await this.#show(event));
  };

  async #show(event: DevelopEvent): Promise<void> {
    const { output } = this.#context;
    const { colors } = output;
    switch (event.type) {
      case "step":
        this.#stop();
        return output.remark(`${colors.green("✓")} ${event.text}`);
      case "planned": {
        const { create, update, replace, delete: gone } = event.plan.summary;
        const changes = [
          `${create} to create`,
          `${update} to update`,
          `${replace} to replace`,
          `${gone} to delete`,
        ];
        output.remark(
          `${colors.green("✓")} Deploying: ${changes.filter((part) => !part.startsWith("0")).join(", ")}`,
        );
        this.#progress = DeployProgress.start(output, event.plan);
        this.#shown = await this.#progress;
        return;
      }
      case "deploying":
        return this.#shown?.onEvent(event.event);
      case "deployed":
        this.#stop();
        output.remark(
          `${colors.green("✓")} ${event.first ? "Running" : "Redeployed"}, after ${secondsText(event.milliseconds)}`,
        );
        if (event.first) this.#urls(event.urls);
        return;
      case "unchanged":
        this.#stop();
        if (!event.first) return output.remark(colors.dim("· nothing to deploy"));
        output.remark(`${colors.green("✓")} Running, as it was left`);
        return this.#urls(event.urls);
      case "changed": {
        this.#stop();
        const names = event.files.map((file) => relative(this.#context.cwd, file));
        const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
        return output.remark(colors.dim(`· ${names.slice(0, 3).join(", ")}${more} changed`));
      }
      case "problem":
        this.#stop();
        printError(event.error, output, { debug: this.#context.debug });
        return output.remark(colors.dim("· waiting for a change"));
    }
  }

  #urls(urls: readonly { component: string; url: string }[]): void {
    const { output } = this.#context;
    const width = Math.max(0, ...urls.map(({ component }) => component.length));
    output.line();
    for (const { component, url } of urls)
      output.line(`  ${component.padEnd(width)}  ${output.colors.cyan(url)}`);
    output.line();
    output.remark(output.colors.dim("Ctrl-C stops it. Data stays in .moorage/."));
  }

  #stop(): void {
    this.#shown?.stop();
    this.#shown = undefined;
  }
}
