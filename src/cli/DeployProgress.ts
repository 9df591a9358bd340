import type { Plan } from "../deploy/index.ts";
import type { DeployEvent } from "../deploy/DeployEvent.ts";
import { timeText } from "./ageText.ts";
import type { Output } from "./Output.ts";
import { plainLine, progressLine, spinnerFrames, type ProgressState as State } from "./progressLine.ts";

/** What redraws in place: `log-update`, or a test's recorder. */
export interface Redraw {
  (text: string): void;
  /** Leaves what was drawn last, and goes on below it. */
  done(): void;
  clear(): void;
}

export interface ProgressOptions {
  /** Draws in place; without it every event is a plain line. */
  readonly redraw?: Redraw;
  /** Milliseconds, from any beginning. */
  readonly now: () => number;
  /** What is carried out: components that it does not change are shown only while they are waited for. */
  readonly plan?: Plan;
}

/** In plain lines a component says at most so often what it waits for. */
const plainEvery = 10_000;
/** What changes sooner than this is not worth a plain line. */
const settled = 2_000;

/**
 * Shows a deploy as it happens: on a terminal one line a component that says what it waits for, redrawn in place; elsewhere plain lines, and of what is waited for only what lasts.
 */
export class DeployProgress {
  readonly #output: Output;
  readonly #redraw: Redraw | undefined;
  readonly #now: () => number;
  readonly #changed: ReadonlySet<string> | undefined;
  readonly #components = new Map<string, State>();
  /** Plain lines: what was said last of a component, and when. */
  readonly #said = new Map<string, { message: string; at: number }>();
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Lines of objects that were written, not printed yet. */
  readonly #lines: string[] = [];
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #stopped = false;
  readonly #order: ReadonlyMap<string, number>;

  constructor(output: Output, { redraw, now, plan }: ProgressOptions) {
    this.#changed =
      plan &&
      new Set(
        plan.objects
          .filter(({ action }) => action !== "none")
          .flatMap(({ component }) => (component === undefined ? [] : [component])),
      );
    const names = new Set(plan?.objects.flatMap(({ component }) => component ?? []));
    this.#order = new Map([...names].map((name, place) => [name, place]));
    this.#output = output;
    this.#redraw = redraw;
    this.#now = now;
  }

  /** On a terminal the drawing library is loaded; in a pipe nothing is. */
  static async start(output: Output, plan?: Plan): Promise<DeployProgress> {
    const redraw = output.live
      ? (await import("log-update")).createLogUpdate(output.stderr as NodeJS.WriteStream)
      : undefined;
    const progress = new DeployProgress(output, {
      now: () => performance.now(),
      ...(redraw === undefined ? {} : { redraw }),
      ...(plan === undefined ? {} : { plan }),
    });
    progress.#timer = setInterval(() => progress.tick(), redraw === undefined ? 1000 : 100);
    progress.#timer.unref();
    return progress;
  }

  /** A line of its own, above what is redrawn. */
  say(text: string): void {
    this.#redraw?.clear();
    this.#print(text);
    this.#draw();
  }

  readonly onEvent = (event: DeployEvent): void => {
    const { colors } = this.#output;
    switch (event.type) {
      case "lock-waiting":
        return this.say(
          `${colors.yellow("!")} ${event.holder} is deploying; waiting${event.since === undefined ? "" : ` (since ${timeText(event.since)}; a holder that is silent is replaced; Ctrl-C gives up)`}`,
        );
      case "lock-taken-over":
        return this.say(
          `${colors.yellow("!")} took over the lock of ${event.holder}, who no longer renews it`,
        );
      case "applied":
        if (event.component !== undefined && this.#components.get(event.component)?.state !== "waiting")
          this.#set(event.component, "waiting", "writing its objects");
        if (!this.#redraw) this.#printSoon(`  ${event.action}d ${event.object}`);
        return;
      case "pruned":
        return this.say(`  ${colors.red("deleted")} ${event.object}`);
      case "component-pending":
        return this.#set(event.component, "pending", `waits for ${event.after.join(", ")}`);
      case "component-waiting":
        return this.#set(event.component, "waiting", event.message);
      case "component-ready":
        if (this.#changed?.has(event.component) === false && !this.#components.has(event.component)) return;
        this.#components.set(event.component, {
          state: "ready",
          message: "",
          since: this.#now(),
          milliseconds: event.milliseconds,
        });
        return this.#ended(event.component);
      case "component-failed":
        // Reason, events and last log lines are in the error that ends the deploy.
        this.#set(event.component, "failed", `${event.failure.reason}: ${event.failure.message}`);
        return this.#ended(event.component);
      case "component-skipped":
        this.#set(event.component, "skipped", `left out: it needs ${event.because}`);
        return this.#ended(event.component);
      case "repaired":
        return this.say(`${colors.yellow("!")} ${event.object}: ${event.message}`);
      case "note":
        return this.say(`${colors.dim("·")} ${event.message}`);
      case "rolling-back": {
        // In plain lines it was said when it failed.
        const failed = [...this.#components].filter(
          ([, { state }]) => this.#redraw !== undefined && state === "failed",
        );
        for (const [name, { message }] of failed)
          this.say(`${colors.red("✗")} ${name}  ${message.split("\n", 1)[0] ?? ""}`);
        this.#components.clear();
        return this.say(`${colors.yellow("!")} going back to revision ${event.to}`);
      }
      case "locked":
      case "recorded":
        return;
    }
  };

  /** Draws again; in plain lines, says what has been waited for long enough to be told. */
  tick(): void {
    if (this.#redraw) return this.#draw();
    const now = this.#now();
    for (const [component, { state, message, since }] of this.#components) {
      if (state !== "waiting" || now - since < settled) continue;
      const said = this.#said.get(component);
      if (said?.message === message || (said !== undefined && now - said.at < plainEvery)) continue;
      this.#said.set(component, { message, at: now });
      this.#print(`… ${component}: ${message}`);
    }
  }

  /** How each component stands, as data. */
  states(): readonly { component: string; state: State["state"]; message?: string; milliseconds?: number }[] {
    return [...this.#components].map(([component, { state, message, milliseconds }]) => ({
      component,
      state,
      ...(message === "" ? {} : { message }),
      ...(milliseconds === undefined ? {} : { milliseconds }),
    }));
  }

  /** The deploy failed: what became of each component is left standing, and in plain lines said once. */
  fail(): void {
    this.stop();
    if (this.#redraw) return;
    const of = (...states: State["state"][]): string =>
      [...this.#components].flatMap(([name, { state }]) => (states.includes(state) ? [name] : [])).join(", ");
    const parts = [
      ["ready", of("ready")],
      ["failed", of("failed")],
      ["not ready yet", of("waiting")],
      ["not begun", of("pending", "skipped")],
    ].filter(([, names]) => names !== "");
    if (parts.length > 0) this.#print(parts.map(([what, names]) => `${what}: ${names}`).join("; "));
  }

  /** Stops redrawing and leaves the last state standing. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#flush();
    this.#draw();
    this.#redraw?.done();
  }

  #print(text: string): void {
    this.#flush();
    this.#output.remark(text);
  }

  /** Of thousands of objects a line each: together, as each write of its own takes longer than the object did. */
  #printSoon(text: string): void {
    this.#lines.push(text);
    this.#flushing ??= setTimeout(() => this.#flush(), 50);
  }

  #flush(): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#lines.length > 0) this.#output.remark(this.#lines.splice(0).join("\n"));
  }

  #set(component: string, state: State["state"], message: string): void {
    const before = this.#components.get(component);
    // How long it is waited for counts from its begin; in plain lines, how long it says the same.
    const goesOn = before?.state === state && (this.#redraw !== undefined || before.message === message);
    this.#components.set(component, { state, message, since: goesOn ? before.since : this.#now() });
  }

  #ended(component: string): void {
    const state = this.#components.get(component);
    if (!this.#redraw && state !== undefined) this.#print(plainLine(component, state, this.#output.colors));
  }

  /** In the order of the platform file; what came by another way (a restart) as it came. */
  #place(component: string): number {
    return this.#order.get(component) ?? this.#order.size;
  }

  #draw(): void {
    if (!this.#redraw) return;
    this.#frame = (this.#frame + 1) % spinnerFrames.length;
    const rows = Math.max(4, (this.#output.stderr.rows ?? 24) - 4);
    const names = [...this.#components.keys()].toSorted((a, b) => this.#place(a) - this.#place(b));
    const longest = Math.max(0, ...names.map((name) => name.length));
    const width = Math.min(longest, Math.max(8, Math.floor((this.#output.stderr.columns ?? 80) * 0.3)));
    const of = (...states: State["state"][]): string[] =>
      names.filter((name) => states.includes(this.#components.get(name)?.state ?? "pending"));
    // What still waits is what people look at: it stays when there is not room for all.
    const urgent = [...of("failed"), ...of("waiting"), ...of("skipped"), ...of("pending")];
    const shown = names.length <= rows ? names : urgent.slice(0, rows - 1);
    const look = {
      width,
      columns: this.#output.stderr.columns ?? 80,
      now: this.#now(),
      frame: this.#stopped ? undefined : this.#frame,
      colors: this.#output.colors,
    };
    const lines = shown.flatMap((name) => {
      const state = this.#components.get(name);
      return state === undefined ? [] : progressLine(name, state, look);
    });
    if (shown.length < names.length) {
      const left = urgent.length - shown.length;
      const counts = [`${of("ready").length} ready`, ...(left > 0 ? [`${left} more not ready`] : [])];
      lines.push(this.#output.colors.dim(`  ${counts.join(", ")}`));
    }
    this.#redraw(lines.join("\n"));
  }
}
