import { labels, MoorageError, type KubeObject } from "../../contract/index.ts";
import {
  deploy,
  destroy,
  listRevisions,
  planDeploy,
  planDestroy,
  planRollback,
  prepareDeploy,
  restart,
  statusOf,
  type DeployContext,
  type DeployOptions,
  type DeploySource,
  type Plan,
  type PlanOptions,
  type PreparedDeploy,
} from "../../deploy/index.ts";
import {
  createKubeClient,
  followPodLogs,
  type KubeRequest,
  type KubeResponse,
  type Transport,
} from "../../kube/index.ts";
import { renderEnvironment, type Rendering } from "../../platform/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../../sandbox/index.ts";
import { assumeKinds, assumeNamespace, assumeSecrets } from "../assumed.ts";
import { behaviourOf } from "../behaviour.ts";
import { componentsWithPods, markRollout } from "../markRollout.ts";

/** What a life consists of. Without `deploy` to `destroy` an environment can't be kept; the others are good to have. */
export const steps = {
  plan: "moorage plan",
  deploy: "moorage deploy",
  change: "a deploy that changes and deletes objects",
  status: "moorage status",
  history: "moorage history",
  failure: "a deploy whose pods fail",
  rollback: "moorage rollback",
  restart: "moorage restart",
  logs: "moorage logs",
  destroy: "moorage destroy",
} as const;

export type Step = keyof typeof steps;

/** What came of one step: the code of its error, and what it said it did without. */
export interface StepOutcome {
  readonly step: Step;
  /** Undefined: it went well. */
  readonly error?: string;
  readonly message?: string;
  readonly notes: readonly string[];
}

/** A platform whose life is rehearsed: what it renders, and how each deploy of it begins. */
export interface Lived {
  readonly rendering: Rendering;
  prepare(context: DeployContext, options?: PlanOptions): Promise<PreparedDeploy>;
}

export const livedOf = (source: DeploySource): Lived => ({
  rendering: renderEnvironment(source.evaluated),
  prepare: (context, options) => prepareDeploy(source, context, options),
});

/** Of objects that are rendered already. */
export const livedOfRendering = (rendering: Rendering): Lived => ({
  rendering,
  prepare: async (context, options) => ({
    rendering,
    plan: await planDeploy(rendering, context, options),
    redact: (text) => text,
  }),
});

export interface LifecycleOptions {
  /** Answers instead of the server, or lets a request pass. `exists`: whether the object that it names is there. */
  readonly deny?: (request: KubeRequest, exists: () => Promise<boolean>) => Promise<KubeResponse | undefined>;
  /** Told of each request that reached the server. */
  readonly onRequest?: (request: KubeRequest, step: Step, status: number) => void;
  /** Told of each step; when it says so, the others are not taken any more. */
  readonly isOver?: (outcome: StepOutcome) => boolean;
}

/**
 * Rehearses the life of an environment in a simulated sandbox, step by step; a step that fails does not stop those after it. The first deploy and the destroying of what is left are then done by
 * somebody with all rights.
 */
export async function lifecycle(lived: Lived, options: LifecycleOptions = {}): Promise<StepOutcome[]> {
  const { rendering } = lived;
  const [breaks] = componentsWithPods(rendering);
  const scenario = {
    failures: new Map(breaks === undefined ? [] : [[breaks, "crash" as const]]),
    slow: new Map<string, number>(),
  };
  // Pods of plain manifests do not say of which component they are: the mark tells those that fail.
  const crashing = behaviourOf(scenario, () => breaks);
  let failing = false;
  const sandbox = await startSimulatedSandbox({
    behaviour: (pod) =>
      failing ? crashing(pod) : behaviourOf({ failures: new Map(), slow: new Map() }, () => undefined)(pod),
  });
  try {
    const life = new Life(sandbox, lived, options);
    await sandbox.run(life.prepare());
    await life.step("plan", async (context) => void (await lived.prepare(context)));
    // Without pods that could fail, a deploy that has no time to wait is one that fails.
    if (breaks === undefined)
      await life.step("failure", (context) => life.deployAll(context, (same) => same, hasty));
    await life.step("deploy", (context) => life.deployAll(context, (same) => same));
    await life.step("change", (context) => life.deployAll(context, life.changed));
    await life.step("status", async (context) => void (await statusOf(rendering, context, { rendering })));
    await life.step("history", async (context) => void (await listRevisions(rendering, context)));
    if (breaks !== undefined) {
      failing = true;
      await life.step("failure", (context) =>
        life.deployAll(context, (same) => markRollout(same, [breaks], "bad"), { timeoutSeconds: 120 }),
      );
      failing = false;
    }
    await life.step("rollback", async (context) => {
      const back = await planRollback(rendering, undefined, context, { last: true });
      await toTheEnd(back.rendering, back.plan, context);
      // What was deleted comes back: who destroys the environment finds everything.
      await life.deployAll(context, (same) => same);
    });
    const rolled = rendering.objects.find(({ object }) => object.kind === "Deployment")?.object;
    if (rolled !== undefined)
      await life.step("restart", (context) =>
        restart(rendering, rolled.metadata.labels?.[labels.name] ?? "", context),
      );
    await life.step("logs", async ({ client, signal }) => {
      const selector = `${labels.partOf}=${rendering.platform}`;
      const end = signal ?? new AbortController().signal;
      await followPodLogs(client, {
        namespace: rendering.namespace,
        labelSelector: selector,
        signal: end,
        onLine: () => {},
      });
    });
    await life.step("destroy", async (context) => {
      await destroy(await planDestroy(rendering, context, { volumes: true, secrets: true }), context);
    });
    return life.outcomes;
  } finally {
    await sandbox.stop();
  }
}

/** What rehearsed deploys wait for is there in seconds, or never. */
const patience = { timeoutSeconds: 120, jobTimeoutSeconds: 120 };
const hasty = { timeoutSeconds: 0.001, jobTimeoutSeconds: 0.001 };

/**
 * What a rehearsal lacks (an operator, a Secret that somebody makes by hand) keeps objects from ever getting ready. The deploy's own end, its record, is reached all the same, and then the error
 * is thrown.
 */
async function toTheEnd(rendering: Rendering, plan: Plan, context: DeployContext): Promise<void> {
  try {
    await deploy(rendering, plan, context, patience);
  } catch (error) {
    if (!(error instanceof MoorageError) || error.code !== "WaitFailed") throw error;
    const components = rendering.components.map((component) => ({ ...component, after: [] }));
    const bare = { ...rendering, components };
    await deploy(bare, await planDeploy(bare, context, { forDeploy: true }), context, { wait: false });
    throw error;
  }
}

class Life {
  readonly outcomes: StepOutcome[] = [];
  readonly #sandbox: SimulatedSandbox;
  readonly #lived: Lived;
  readonly #rendering: Rendering;
  readonly #options: LifecycleOptions;
  #over = false;

  constructor(sandbox: SimulatedSandbox, lived: Lived, options: LifecycleOptions) {
    this.#sandbox = sandbox;
    this.#lived = lived;
    this.#rendering = lived.rendering;
    this.#options = options;
  }

  /** Whoever has rights in one namespace only finds it made. */
  async prepare(): Promise<void> {
    const { client } = this.#sandbox;
    const objects = this.#rendering.objects.map(({ object }) => object);
    await assumeKinds(objects, client, async () => undefined);
    await assumeNamespace({ ...this.#rendering, objects: [] }, client);
    await assumeSecrets(this.#rendering.secrets, this.#rendering.namespace, client);
  }

  /** Every object in another version, and one that is not wanted any more. */
  readonly changed = (rendering: Rendering): Rendering => {
    const next = markRollout(rendering, componentsWithPods(rendering), "next");
    const others = next.objects.map(({ object, component }) => ({
      object: touched(object),
      ...(component === undefined ? {} : { component }),
    }));
    const dropped = others.findLast(({ object }) => object.kind === "ConfigMap" || object.kind === "Service");
    return { ...next, objects: others.filter((one) => one !== dropped) };
  };

  /** With options, only as far as it comes with these. */
  async deployAll(
    context: DeployContext,
    change: (rendering: Rendering) => Rendering,
    options?: DeployOptions,
  ): Promise<void> {
    const prepared = await this.#lived.prepare(context, { forDeploy: true });
    const rendering = change(prepared.rendering);
    const plan =
      rendering === prepared.rendering
        ? prepared.plan
        : await planDeploy(rendering, context, { forDeploy: true });
    const own = { ...context, redact: prepared.redact };
    if (options === undefined) await toTheEnd(rendering, plan, own);
    else await deploy(rendering, plan, own, options);
  }

  async step(step: Step, work: (context: DeployContext) => Promise<void>): Promise<void> {
    if (this.#over) return;
    const { clock } = this.#sandbox;
    const notes: string[] = [];
    const failures: string[] = [];
    const client = createKubeClient(this.#watched(step), { clock });
    const context: DeployContext = {
      client,
      clock,
      who: "rehearsal",
      onEvent: (event) => {
        if (event.type === "note") notes.push(event.message);
        if (event.type !== "component-failed") return;
        const { events, log } = event.failure;
        failures.push(event.failure.reason);
        if (events.length === 0) notes.push("failure reports have no events");
        if (log.length === 0) notes.push("failure reports have no log lines");
      },
    };
    const error = await this.#sandbox.run(work(context)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error !== undefined && !(error instanceof MoorageError)) throw error;
    // A deploy whose pods are made to fail goes well when it fails for that.
    const expected = step === "failure" && failures.length > 0 && error?.code === "WaitFailed";
    const outcome: StepOutcome = {
      step,
      notes,
      ...(error === undefined || expected
        ? {}
        : { error: error.code, message: error.problems[0]?.message ?? error.message }),
    };
    this.outcomes.push(outcome);
    this.#over = this.#options.isOver?.(outcome) ?? false;
  }

  #watched(step: Step): Transport {
    const inner = this.#sandbox.client.transport;
    return {
      ...inner,
      send: async (request) => {
        const exists = async (): Promise<boolean> => {
          const found = await inner.send({ method: "GET", path: request.path });
          return found.status === 200;
        };
        const denied = await this.#options.deny?.(request, exists);
        if (denied !== undefined) return denied;
        const response = await inner.send(request);
        this.#options.onRequest?.(request, step, response.status);
        return response;
      },
    };
  }
}

/** The same object with another label: an update, whatever its kind. Jobs and namespaces are not changed. */
function touched(object: KubeObject): KubeObject {
  if (object.kind === "Job" || object.kind === "Namespace") return object;
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, "moorage.dev/rehearsal": "next" } },
  };
}
