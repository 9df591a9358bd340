import { labels, MoorageError, type KubeObject } from "../contract/index.ts";
import {
  deploy,
  planDeploy,
  planRollback,
  prepareDeploy,
  type DeployContext,
  type DeployEvent,
  type DeployOptions,
  type DeploySource,
  type Failure,
  type Plan,
} from "../deploy/index.ts";
import { renderEnvironment, type Rendering } from "../platform/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../sandbox/index.ts";
import { assumeKinds, assumeNamespace, assumeSecrets, serveLiveKinds, type KindLookup } from "./assumed.ts";
import { behaviourOf } from "./behaviour.ts";
import { componentsWithPods, markRollout } from "./markRollout.ts";
import { Outages, type Outage } from "./Outages.ts";
import type { PhaseFailure, Rehearsal, RehearsedPhase, TimedEvent } from "./Rehearsal.ts";
import { quietScenario, type Scenario } from "./Scenario.ts";
import { fromNothing, type StartingPoint } from "./startingPoint.ts";
import { verdictOf } from "./verdict.ts";

/** What is rehearsed, and from where. */
export interface RehearseOptions {
  /** All goes well, unless said. */
  readonly scenario?: Scenario;
  /** Nothing, unless said; with failures in the scenario, what the platform file describes. */
  readonly from?: StartingPoint;
  /** As for the deploy itself. */
  readonly deploy?: Pick<DeployOptions, "timeoutSeconds" | "jobTimeoutSeconds">;
  /** Only this component, with what of the environment it needs. */
  readonly only?: string;
  /** Milliseconds without a ready pod, of any Service, that are still well. Any time is, unless said. */
  readonly maxOutage?: number;
  /** For the records in the sandbox. */
  readonly who?: string;
  /** What happens, as it happens, with the phase that it belongs to. */
  readonly onEvent?: (event: TimedEvent, phase: RehearsedPhase["name"]) => void;
  /** Looks a kind up that the sandbox doesn't know; used with a cluster at hand. */
  readonly kindOf?: KindLookup;
  /** Ends it with `AbortedByUser`. */
  readonly signal?: AbortSignal;
  /** What should not happen in the sandbox. */
  readonly log?: (text: string) => void;
}

/**
 * Carries a whole deploy out in a throw-away simulated sandbox. No cluster is touched; what goes wrong in the rehearsed deploy is part of the result. Errors: `Usage` for a scenario
 * with components that are not there or have no pods, `AbortedByUser`, and those of rendering.
 */
export async function rehearse(source: DeploySource, options: RehearseOptions = {}): Promise<Rehearsal> {
  return new Run(source, options).run();
}

class Run {
  readonly #source: DeploySource;
  readonly #options: RehearseOptions;
  readonly #scenario: Scenario;
  readonly #from: StartingPoint;
  readonly #notes: string[] = [];
  readonly #phases: RehearsedPhase[] = [];
  #redact: (text: string) => string = (text) => text;

  constructor(source: DeploySource, options: RehearseOptions) {
    this.#source = source;
    this.#options = options;
    this.#scenario = options.scenario ?? quietScenario;
    this.#from = options.from ?? fromNothing;
  }

  async run(): Promise<Rehearsal> {
    const started = performance.now();
    const { evaluated } = this.#source;
    const sourceOf = this.#source.sourceOf === undefined ? {} : { sourceOf: this.#source.sourceOf };
    const rendering = renderEnvironment(evaluated, sourceOf);
    this.#checkScenario(rendering);
    const keys = new Map(
      rendering.objects.map(({ object, component }) => [object.metadata.labels?.[labels.name], component]),
    );
    const sandbox = await startSimulatedSandbox({
      behaviour: behaviourOf(this.#scenario, (name) => keys.get(name)),
      ...(this.#options.log === undefined ? {} : { log: this.#options.log }),
    });
    const stopping = new AbortController();
    try {
      await sandbox.run(this.#prepareCluster(sandbox, rendering));
      await this.#before(sandbox);
      const begun = sandbox.clock.now();
      const outages = new Outages(() => sandbox.clock.now() - begun);
      const watching = outages.watch(sandbox.client, rendering.namespace, stopping.signal);
      if (this.#phases.every(({ outcome }) => outcome !== "failed")) {
        // Until the watch has seen what is there.
        await sandbox.pass(0);
        await this.#deployAndGoBack(sandbox, rendering);
      }
      stopping.abort();
      await sandbox.run(watching);
      return this.#result(outages.list(), performance.now() - started);
    } finally {
      stopping.abort();
      await sandbox.stop();
    }
  }

  #checkScenario(rendering: Rendering): void {
    const { failures, slow } = this.#scenario;
    const known = new Set(rendering.components.map(({ key }) => key));
    const withPods = componentsWithPods(rendering);
    for (const key of [...failures.keys(), ...slow.keys()]) {
      if (known.has(key) && withPods.has(key)) continue;
      throw new MoorageError(
        "Usage",
        known.has(key)
          ? `${key} starts no pods in a deploy: nothing of it can fail or be slow.`
          : `There is no component ${key} in ${rendering.environment}.`,
        { hint: `Those with pods: ${[...withPods].toSorted().join(", ")}.`, exitCode: 2 },
      );
    }
  }

  async #prepareCluster(sandbox: SimulatedSandbox, rendering: Rendering): Promise<void> {
    const { client } = sandbox;
    const before = this.#from.rendering?.objects ?? [];
    const objects = [...rendering.objects, ...before].map(({ object }) => object);
    const lookup = this.#options.kindOf ?? (async () => undefined);
    this.#notes.push(...this.#from.notes);
    this.#notes.push(...(await assumeKinds([...objects, ...this.#from.objects], client, lookup)));
    await serveLiveKinds(this.#from.objects, client);
    const namespaces = this.#from.objects.filter(({ kind }) => kind === "Namespace");
    await sandbox.restore(namespaces);
    await assumeNamespace(rendering, client);
    await sandbox.restore(this.#from.objects.filter((object) => !namespaces.includes(object)));
    this.#notes.push(...(await assumeSecrets(rendering.secrets, rendering.namespace, client)));
  }

  /** Brings about what is there already. */
  async #before(sandbox: SimulatedSandbox): Promise<void> {
    const { rendering, description } = this.#from;
    if (rendering !== undefined) {
      await this.#phase(sandbox, "before", description, async (context) => ({
        rendering,
        plan: await planDeploy(rendering, context, {}),
      }));
    } else if (this.#scenario.failures.size > 0 && !this.#from.deployed) {
      // Only what runs already can be hurt by a bad rollout.
      await this.#phase(sandbox, "before", "the platform file, all well", (context) =>
        this.#prepare(context),
      );
    }
  }

  async #deployAndGoBack(sandbox: SimulatedSandbox, rendering: Rendering): Promise<void> {
    const bad = [...this.#scenario.failures].map(([component, kind]) => `${kind}:${component}`);
    const what = bad.length === 0 ? "the platform file" : `a new version, ${bad.join(", ")}`;
    const phase = await this.#phase(sandbox, "deploy", what, async (context) => {
      const prepared = await this.#prepare(context);
      const marked = markRollout(prepared.rendering, this.#scenario.failures.keys(), "new");
      if (marked === prepared.rendering) return prepared;
      return { rendering: marked, plan: await planDeploy(marked, context, this.#planOptions()) };
    });
    const isThere = this.#phases.some(({ name }) => name === "before") || this.#from.deployed;
    if (phase.outcome !== "failed" || phase.events.length === 0 || !isThere) return;
    await this.#phase(sandbox, "rollback", "the last revision", (context) =>
      planRollback(rendering, undefined, context, { last: true }),
    );
  }

  #planOptions(): { only?: string } {
    return this.#options.only === undefined ? {} : { only: this.#options.only };
  }

  async #prepare(context: DeployContext): Promise<{ rendering: Rendering; plan: Plan }> {
    const { redact: _none, ...rest } = context;
    const prepared = await prepareDeploy(this.#source, rest, this.#planOptions());
    this.#redact = prepared.redact;
    return prepared;
  }

  async #phase(
    sandbox: SimulatedSandbox,
    name: RehearsedPhase["name"],
    of: string,
    planned: (context: DeployContext) => Promise<{ rendering: Rendering; plan: Plan }>,
  ): Promise<RehearsedPhase> {
    const { signal, onEvent, who = "rehearsal" } = this.#options;
    const begun = sandbox.clock.now();
    const events: TimedEvent[] = [];
    const failures: { component: string; failure: Failure }[] = [];
    const take = (event: DeployEvent): void => {
      const timed = { ...event, at: sandbox.clock.now() - begun };
      events.push(timed);
      if (event.type === "component-failed")
        failures.push({ component: event.component, failure: event.failure });
      onEvent?.(timed, name);
    };
    const context: DeployContext = {
      client: sandbox.client,
      clock: sandbox.clock,
      who,
      onEvent: take,
      redact: (text) => this.#redact(text),
      ...(signal === undefined ? {} : { signal }),
    };
    const base = { name, of, events };
    const work = async (): Promise<RehearsedPhase> => {
      const { rendering, plan } = await planned(context);
      const result = await deploy(rendering, plan, context, {
        ...this.#options.deploy,
        why: `${name}: ${of}`,
      });
      return {
        ...base,
        outcome: result.status === "unchanged" ? "nothing to do" : "done",
        milliseconds: sandbox.clock.now() - begun,
        summary: result.summary,
        ...(result.revision === undefined ? {} : { revision: result.revision }),
        components: result.components,
      };
    };
    const phase = await sandbox.run(work()).catch((error: unknown): RehearsedPhase => {
      if (!(error instanceof MoorageError) || signal?.aborted === true || error.code === "SandboxFailed")
        throw error;
      const milliseconds = sandbox.clock.now() - begun;
      return {
        ...base,
        outcome: "failed",
        milliseconds,
        components: [],
        failure: this.#failureOf(error, failures),
      };
    });
    this.#phases.push(phase);
    return phase;
  }

  #failureOf(error: MoorageError, components: PhaseFailure["components"]): PhaseFailure {
    return {
      code: error.code,
      message: this.#redact(error.message),
      ...(error.hint === undefined ? {} : { hint: this.#redact(error.hint) }),
      problems: error.problems.map((problem) => ({ ...problem, message: this.#redact(problem.message) })),
      components,
    };
  }

  #result(outages: readonly Outage[], took: number): Rehearsal {
    const { evaluated } = this.#source;
    const { failures, slow } = this.#scenario;
    const finding = verdictOf(this.#phases, outages, this.#scenario, this.#options.maxOutage);
    return {
      platform: evaluated.platform,
      environment: evaluated.name,
      namespace: evaluated.namespace,
      scenario: {
        from: this.#from.description,
        failures: Object.fromEntries(failures),
        slow: Object.fromEntries(slow),
      },
      ...finding,
      phases: this.#phases,
      outages,
      notes: this.#notes,
      took,
    };
  }
}

/** Kinds that a platform has, for `fromLive`. */
export const kindsOf = (
  objects: readonly { readonly object: KubeObject }[],
): { apiVersion: string; kind: string }[] =>
  objects.map(({ object: { apiVersion, kind } }) => ({ apiVersion, kind }));
