import type { Plan } from "../deploy/index.ts";
import type { DeployEvent } from "../deploy/DeployEvent.ts";
import { secondsText } from "./formatAge.ts";
import type { Output } from "./Output.ts";

type State = {
  state: "waiting" | "ready" | "failed" | "skipped";
  message: string;
  since: number;
  milliseconds?: number;
};

/** What redraws in place: `log-update`, or a test's recorder. */
export interface Redraw {
  (text: string): void;
  /** Leaves what was drawn last, and goes on below it. */
  done(): void;
  clear(): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Shows a deploy as it happens: on a terminal one line a component that says what it waits for, redrawn in place; elsewhere one plain
 * line an event.
 */
export class DeployProgress {
  readonly #output: Output;
  readonly #redraw: Redraw | undefined;
  readonly #now: () => number;
  /** Components that the plan changes; undefined: not known. The others are shown only while they are waited for. */
  readonly #changed: ReadonlySet<string> | undefined;
  readonly #components = new Map<string, State>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #frame = 0;

  private constructor(output: Output, redraw: Redraw | undefined, now: () => number, plan?: Plan) {
    this.#changed =
      plan &&
      new Set(
        plan.objects
          .filter(({ action }) => action !== "none")
          .flatMap(({ component }) => (component === undefined ? [] : [component])),
      );
    this.#output = output;
    this.#redraw = redraw;
    this.#now = now;
    if (redraw !== undefined) {
      this.#timer = setInterval(() => this.#draw(), 100);
      this.#timer.unref();
    }
  }

  /** On a terminal the drawing library is loaded; in a pipe nothing is. */
  static async start(output: Output, plan?: Plan): Promise<DeployProgress> {
    const now = (): number => performance.now();
    if (!output.live) return new DeployProgress(output, undefined, now, plan);
    const { createLogUpdate } = await import("log-update");
    return new DeployProgress(output, createLogUpdate(output.stderr as NodeJS.WriteStream), now, plan);
  }

  /** A line of its own, above what is redrawn. */
  say(text: string): void {
    this.#redraw?.clear();
    this.#output.remark(text);
    this.#draw();
  }

  readonly onEvent = (event: DeployEvent): void => {
    const { colors } = this.#output;
    switch (event.type) {
      case "lock-waiting":
        return this.say(`${colors.yellow("!")} ${event.holder} is deploying; waiting`);
      case "lock-taken-over":
        return this.say(
          `${colors.yellow("!")} took over the lock of ${event.holder}, who no longer renews it`,
        );
      case "locked":
        return;
      case "applied":
        if (!this.#redraw) this.#output.remark(`  ${event.action}d ${event.object}`);
        return;
      case "pruned":
        return this.say(`  ${colors.red("deleted")} ${event.object}`);
      case "component-waiting": {
        const before = this.#components.get(event.component);
        this.#components.set(event.component, {
          state: "waiting",
          message: event.message,
          since: before?.since ?? this.#now(),
        });
        if (!this.#redraw && before?.message !== event.message) {
          this.#output.remark(`… ${event.component}: ${event.message}`);
        }
        return;
      }
      case "component-ready":
        if (this.#changed?.has(event.component) === false && !this.#components.has(event.component)) return;
        this.#components.set(event.component, {
          state: "ready",
          message: "",
          since: this.#now(),
          milliseconds: event.milliseconds,
        });
        if (!this.#redraw) this.#output.remark(this.#line(event.component));
        return;
      case "component-failed":
        this.#components.set(event.component, {
          state: "failed",
          message: event.failure.message,
          since: this.#now(),
        });
        // Reason, events and last log lines are in the error that ends the deploy.
        if (!this.#redraw) this.#output.remark(this.#line(event.component));
        return;
      case "component-skipped":
        this.#components.set(event.component, {
          state: "skipped",
          message: `waits for ${event.because}`,
          since: this.#now(),
        });
        if (!this.#redraw) this.#output.remark(this.#line(event.component));
        return;
      case "repaired":
        return this.say(`${colors.yellow("!")} ${event.object}: ${event.message}`);
      case "note":
        return this.say(`${colors.dim("·")} ${event.message}`);
      case "recorded":
        return;
    }
  };

  /** Stops redrawing and leaves the last state standing. */
  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#redraw?.done();
  }

  #draw(): void {
    if (!this.#redraw) return;
    this.#frame = (this.#frame + 1) % frames.length;
    const rows = Math.max(4, (this.#output.stderr.rows ?? 24) - 4);
    // What still waits is what people look at: it stays when there is not room for all.
    const names = [...this.#components.keys()];
    const open = names.filter((name) => this.#components.get(name)?.state !== "ready");
    const shown = names.length <= rows ? names : open.slice(0, rows - 1);
    const lines = shown.map((name) => this.#line(name));
    if (shown.length < names.length) {
      const ready = names.length - open.length;
      lines.push(this.#output.colors.dim(`  ${ready} ready, ${open.length - shown.length} more`));
    }
    this.#redraw(lines.join("\n"));
  }

  #line(component: string): string {
    const { colors } = this.#output;
    const state = this.#components.get(component);
    const width = Math.max(...[...this.#components.keys()].map((name) => name.length));
    const name = this.#redraw ? component.padEnd(width) : component;
    switch (state?.state) {
      case "ready":
        return `${colors.green("✓")} ${name}  ${colors.dim(`ready in ${secondsText(state.milliseconds ?? 0)}`)}`;
      case "failed":
        return `${colors.red("✗")} ${name}  ${this.#fitted(state.message, name.length + 4)}`;
      case "skipped":
        return `${colors.dim("-")} ${name}  ${colors.dim(this.#fitted(state.message, name.length + 4))}`;
      default: {
        const took = secondsText(this.#now() - (state?.since ?? this.#now()));
        const message = this.#fitted(state?.message ?? "", name.length + took.length + 5);
        return `${colors.cyan(frames[this.#frame] ?? "…")} ${name}  ${message} ${colors.dim(took)}`;
      }
    }
  }

  /** What is redrawn takes one row: a message that is too long for the terminal is cut. */
  #fitted(message: string, taken: number): string {
    if (!this.#redraw) return message;
    const line = message.split("\n", 1)[0] ?? "";
    const room = Math.max(10, (this.#output.stderr.columns ?? 80) - taken - 1);
    return line.length > room ? `${line.slice(0, room - 1)}…` : line;
  }
}
