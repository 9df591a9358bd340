import { MoorageError, type KubeObject } from "../contract/index.ts";
import { applyObject, deleteObject } from "./apply/applyObject.ts";
import { Turns } from "./apply/Turns.ts";
import type { Context } from "./DeployContext.ts";
import type { Failure } from "./DeployEvent.ts";
import type { DeployOptions } from "./DeployOptions.ts";
import type { ComponentResult } from "./DeployResult.ts";
import { readyNode } from "./graph/buildGraph.ts";
import { inParallel } from "./inParallel.ts";
import { describe, objectKey, refOf } from "./objectKey.ts";
import { Pending } from "./Pending.ts";
import { deletionsOf, type Plan, type PlannedObject } from "./plan/Plan.ts";
import { reachedText } from "./reachedText.ts";
import type { ObjectRef } from "../kube/KubeClient.ts";
import type { RenderedComponent } from "../platform/Rendering.ts";
import { LiveView } from "./wait/LiveView.ts";
import { PodEvents } from "./wait/PodEvents.ts";
import { WaitClock } from "./wait/WaitClock.ts";
import { waitForObjects } from "./wait/waitForObjects.ts";

/** The part of a deploy that writes and waits. */
export class DeployRun {
  readonly failures: { component: string; failure: Failure }[] = [];
  written = 0;
  pruned = 0;
  readonly #plan: Plan;
  readonly #context: Context;
  readonly #options: DeployOptions;
  readonly #view: LiveView;
  readonly #turns: Turns;
  /** Sent, and not answered: they may be written or not. */
  readonly #underWay = new Set<string>();
  readonly #planned: ReadonlyMap<string, PlannedObject>;
  /** As the server returned them. */
  readonly #applied = new Map<string, KubeObject>();
  readonly #since = new Map<string, number>();
  readonly #took = new Map<string, number>();
  readonly #waits = new Map<string, WaitClock>();
  readonly #podEvents: PodEvents;
  readonly #begun: number;
  /** Components that are not begun, with those that they still wait for. */
  readonly #pending: Pending;
  /** Components that others wait for. */
  readonly #needed: ReadonlySet<string>;

  constructor(
    plan: Plan,
    context: Context,
    options: DeployOptions,
    components: readonly RenderedComponent[],
  ) {
    this.#begun = context.clock.now();
    this.#podEvents = new PodEvents(context);
    this.#pending = new Pending(components, plan, context.onEvent);
    this.#plan = plan;
    this.#context = context;
    this.#options = options;
    this.#view = new LiveView(context, context.signal);
    this.#turns = new Turns(context.concurrency);
    this.#planned = new Map(plan.objects.map((planned) => [planned.key, planned]));
    this.#needed = new Set(components.flatMap((component) => component.after));
  }

  /** Says which components have to wait for others. */
  announce(): void {
    this.#pending.announce();
  }

  isApplied(object: KubeObject): void {
    this.#applied.set(objectKey(refOf(object)), object);
    this.written++;
  }

  /** One node of the graph. False when it failed and the rest may go on. */
  async work(node: string): Promise<boolean> {
    this.#context.signal.throwIfAborted();
    const planned = this.#planned.get(node);
    if (planned === undefined) return this.#ready(node.slice(readyNode("").length));
    const component = planned.component;
    if (component !== undefined && !this.#since.has(component))
      this.#since.set(component, this.#context.clock.now());
    if (component !== undefined) this.#pending.isBegun(component);
    if (planned.action === "none") {
      if (planned.live !== undefined) this.#applied.set(node, planned.live);
      return true;
    }
    const { action } = planned;
    if (action === "delete" || this.#applied.has(node)) return true;
    try {
      const applied = await this.#turns.take(() =>
        this.#sending(planned.ref, () =>
          applyObject(planned, this.#plan, this.#options.forceConflicts ?? false, this.#context),
        ),
      );
      this.#applied.set(node, applied);
    } catch (error) {
      // One refused object stops what needs it, and with `keepGoing` nothing else.
      const refused =
        error instanceof MoorageError && (error.code === "ApiRefused" || error.code === "WaitFailed");
      if (!this.#options.keepGoing || component === undefined || !refused) throw error;
      const failure: Failure = {
        object: describe(planned.ref, this.#plan.namespace),
        reason: error.code,
        message: error.message,
        events: [],
        log: [],
      };
      this.#fail(component, failure);
      return false;
    }
    this.written++;
    const object = describe(planned.ref, this.#plan.namespace);
    this.#context.onEvent({
      type: "applied",
      object,
      action,
      ...(component === undefined ? {} : { component }),
    });
    return true;
  }

  skip(node: string, because: string): void {
    if (this.#planned.has(node)) return;
    const component = node.slice(readyNode("").length);
    if (this.failures.some((failure) => failure.component === component)) return;
    const cause = this.#planned.get(because)?.component ?? because.replace(readyNode(""), "");
    this.#context.onEvent({ type: "component-skipped", component, because: cause });
  }

  async #ready(component: string): Promise<boolean> {
    const { clock, onEvent } = this.#context;
    const members = [...this.#planned.values()].filter((planned) => planned.component === component);
    const objects = members.flatMap(({ key }) => this.#applied.get(key) ?? []);
    if (members.length === 0 || (this.#options.wait === false && !this.#needed.has(component))) {
      this.#pending.isReady(component);
      return true;
    }
    const since = this.#since.get(component) ?? clock.now();
    let told = "";
    const waits = new WaitClock(clock);
    this.#waits.set(component, waits);
    const failure = await waitForObjects(objects, this.#view, this.#context, {
      timeout: (this.#options.timeoutSeconds ?? 600) * 1000,
      jobTimeout: (this.#options.jobTimeoutSeconds ?? 7200) * 1000,
      crashRestarts: this.#options.crashRestarts,
      namespace: this.#plan.namespace,
      podEvents: this.#podEvents,
      onMessage: (message, phase) => {
        waits.enter(phase);
        const text = this.#context.redact(message);
        if (text !== told) onEvent({ type: "component-waiting", component, message: text });
        told = text;
      },
    });
    if (failure !== undefined) {
      this.#fail(component, failure);
      if (this.#options.keepGoing) return false;
      throw waitFailed(component, failure, this.#plan);
    }
    waits.leave();
    this.#took.set(component, clock.now() - since);
    this.#pending.isReady(component);
    onEvent({ type: "component-ready", component, milliseconds: clock.now() - since });
    return true;
  }

  #fail(component: string, failure: Failure): void {
    if (this.failures.some((known) => known.component === component)) return;
    this.failures.push({ component, failure });
    this.#context.onEvent({ type: "component-failed", component, failure });
  }

  /** Dependents first: what is applied first is deleted last. */
  async prune(): Promise<void> {
    await inParallel(deletionsOf(this.#plan), this.#context.concurrency, async ({ ref, live }) => {
      if (live === undefined) return;
      await this.#sending(ref, () => deleteObject(ref, live, "Background", this.#context));
      this.pruned++;
      this.#context.onEvent({ type: "pruned", object: describe(ref, this.#plan.namespace) });
    });
  }

  async #sending<T>(ref: ObjectRef, send: () => Promise<T>): Promise<T> {
    const { signal } = this.#context;
    signal.throwIfAborted();
    const object = describe(ref, this.#plan.namespace);
    this.#underWay.add(object);
    try {
      const answer = await send();
      this.#underWay.delete(object);
      return answer;
    } catch (error) {
      const isAnswered =
        !signal.aborted && !(error instanceof MoorageError && error.code === "ApiUnreachable");
      if (isAnswered) this.#underWay.delete(object);
      throw error;
    }
  }

  /** How far it came, for whoever has to go on from there. */
  reached(): string {
    return reachedText(
      [
        this.written,
        this.#plan.objects.filter(({ action }) => action !== "none" && action !== "delete").length,
      ],
      [this.pruned, deletionsOf(this.#plan).length],
      [...this.#underWay],
    );
  }

  /** What was applied, as the server returned it. */
  applied(): readonly KubeObject[] {
    return [...this.#applied.values()];
  }

  results(): ComponentResult[] {
    return [...this.#took].map(([component, milliseconds]) => ({
      component,
      milliseconds,
      begunAfter: (this.#since.get(component) ?? this.#begun) - this.#begun,
      waits: this.#waits.get(component)?.spent() ?? [],
      changed: [...this.#planned.values()].filter(
        (one) => one.component === component && one.action !== "none",
      ).length,
    }));
  }
}

function waitFailed(component: string, failure: Failure, plan: Plan): MoorageError {
  const details = [
    ...failure.events,
    ...(failure.log.length === 0
      ? []
      : [`last lines of ${failure.logOf ?? "its log"}:`, ...failure.log.map((line) => `  ${line}`)]),
  ];
  const message = [
    `${component} cannot become ready: ${failure.object}: ${failure.reason}: ${failure.message}`,
    ...details,
  ].join("\n  ");
  return new MoorageError("WaitFailed", message, {
    hint: [
      `See all that it wrote with: moorage logs ${plan.environment} ${component}`,
      plan.revision === undefined
        ? "Correct it and deploy again."
        : `Correct it and deploy again, or go back to what was there before: moorage rollback ${plan.environment} ${plan.revision}`,
    ].join("\n"),
  });
}
