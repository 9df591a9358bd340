import { labels, MoorageError, type KubeObject } from "../../contract/index.ts";
import {
  deploy,
  destroy,
  listRevisions,
  planDeploy,
  planDestroy,
  planRollback,
  restart,
  statusOf,
  type DeployContext,
  type DeployOptions,
  type Plan,
} from "../../deploy/index.ts";
import {
  createKubeClient,
  followPodLogs,
  type KubeClient,
  type KubeRequest,
  type KubeResponse,
  type Transport,
} from "../../kube/index.ts";
import type { Rendering } from "../../platform/index.ts";
import { startSimulatedSandbox, type SimulatedSandbox } from "../../sandbox/index.ts";
import { assumeKinds, assumeNamespace, assumeSecrets } from "../assumed.ts";
import { behaviourOf } from "../behaviour.ts";
import { componentsWithPods, markRollout } from "../markRollout.ts";
import type { Lived } from "./Lived.ts";
import type { Step, StepOutcome } from "./steps.ts";

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
    const bare = withoutOrder(rendering);
    await deploy(bare, await planDeploy(bare, context, { forDeploy: true }), context, { wait: false });
    throw error;
  }
}

/** Nothing waits for anything else. */
const withoutOrder = (rendering: Rendering): Rendering => ({
  ...rendering,
  components: rendering.components.map((component) => ({ ...component, after: [] })),
});

export interface LifeOptions {
  /** Whose requests a step's are; the administrator's unless said. */
  readonly transport?: (sandbox: SimulatedSandbox) => Transport;
}

/** What is special when a step is taken. */
export interface TakeOptions {
  /** Answers instead of the server, or lets a request pass. `exists`: whether the object that it names is there. */
  readonly deny?: (request: KubeRequest, exists: () => Promise<boolean>) => Promise<KubeResponse | undefined>;
  /** Told of each request that reached the server. */
  readonly onRequest?: (request: KubeRequest, status: number) => void;
}

/**
 * The life of an environment in a simulated sandbox, step by step. A step that failed can be taken again, and goes on from where it is, as a deploy does. Requests are sent one after the
 * other, so that one life asks in the same order as another.
 */
export class Life {
  /** In their order. */
  readonly steps: readonly Step[];
  readonly sandbox: SimulatedSandbox;
  readonly #lived: Lived;
  readonly #rendering: Rendering;
  readonly #transport: Transport;
  readonly #breaks: string | undefined;
  readonly #pods: { failing: boolean };

  private constructor(
    sandbox: SimulatedSandbox,
    lived: Lived,
    transport: Transport,
    breaks: string | undefined,
    pods: { failing: boolean },
  ) {
    this.sandbox = sandbox;
    this.#lived = lived;
    this.#rendering = lived.rendering;
    this.#transport = transport;
    this.#breaks = breaks;
    this.#pods = pods;
    const { objects } = lived.rendering;
    const canRestart = objects.some(({ object }) => object.kind === "Deployment");
    // Without pods that could fail, a deploy that has no time to wait is one that fails.
    this.steps = [
      "plan",
      ...(breaks === undefined ? (["failure"] as const) : []),
      ...(["deploy", "change", "status", "history"] as const),
      ...(breaks === undefined ? [] : (["failure"] as const)),
      "rollback",
      ...(canRestart ? (["restart"] as const) : []),
      ...(["logs", "destroy"] as const),
    ];
  }

  /** Whoever has rights in one namespace only finds it made. */
  static async begin(lived: Lived, options: LifeOptions = {}): Promise<Life> {
    const { rendering } = lived;
    const [breaks] = componentsWithPods(rendering);
    const none = new Map<string, never>();
    const scenario = {
      failures: new Map(breaks === undefined ? [] : [[breaks, "crash" as const]]),
      slow: new Map<string, number>(),
    };
    // Pods of plain manifests do not say of which component they are: the mark tells those that fail.
    const crashing = behaviourOf(scenario, () => breaks);
    const healthy = behaviourOf({ failures: none, slow: none }, () => undefined);
    const pods = { failing: false };
    const sandbox = await startSimulatedSandbox({
      behaviour: (pod) => (pods.failing ? crashing : healthy)(pod),
    });
    try {
      await sandbox.run(prepare(rendering, sandbox.client));
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
    const transport = options.transport?.(sandbox) ?? sandbox.client.transport;
    return new Life(sandbox, lived, transport, breaks, pods);
  }

  end(): Promise<void> {
    return this.sandbox.stop();
  }

  async take(step: Step, options: TakeOptions = {}): Promise<StepOutcome> {
    const { clock } = this.sandbox;
    const notes: string[] = [];
    const failures: string[] = [];
    const context: DeployContext = {
      client: createKubeClient(this.#watched(options), { clock }),
      clock,
      who: "rehearsal",
      concurrency: 1,
      onEvent: (event) => {
        if (event.type === "note") notes.push(event.message);
        if (event.type !== "component-failed") return;
        const { events, log } = event.failure;
        failures.push(event.failure.reason);
        if (events.length === 0) notes.push("failure reports have no events");
        if (log.length === 0) notes.push("failure reports have no log lines");
      },
    };
    this.#pods.failing = step === "failure" && this.#breaks !== undefined;
    const error = await this.sandbox.run(this.#work(step, context)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    this.#pods.failing = false;
    if (error !== undefined && !(error instanceof MoorageError)) throw error;
    // A deploy whose pods are made to fail goes well when it fails for that.
    const expected = step === "failure" && failures.length > 0 && error?.code === "WaitFailed";
    return {
      step,
      notes,
      ...(error === undefined || expected
        ? {}
        : { error: error.code, message: error.problems[0]?.message ?? error.message }),
    };
  }

  /** Deploys what a step destroyed, without waiting for it. */
  putBack(): Promise<void> {
    const { client, clock } = this.sandbox;
    const context: DeployContext = { client, clock, who: "rehearsal" };
    return this.sandbox.run(this.#deployAll(context, withoutOrder, { wait: false }));
  }

  async #work(step: Step, context: DeployContext): Promise<void> {
    const rendering = this.#rendering;
    const same = (one: Rendering): Rendering => one;
    switch (step) {
      case "plan":
        await this.#lived.prepare(context);
        return;
      case "deploy":
        return this.#deployAll(context, same);
      case "change":
        return this.#deployAll(context, changed);
      case "status":
        await statusOf(rendering, context, { rendering });
        return;
      case "history":
        await listRevisions(rendering, context);
        return;
      case "failure": {
        const breaks = this.#breaks;
        if (breaks === undefined) return this.#deployAll(context, same, hasty);
        return this.#deployAll(context, (one) => markRollout(one, [breaks], "bad"), { timeoutSeconds: 120 });
      }
      case "rollback": {
        const back = await planRollback(rendering, undefined, context, { last: true });
        await toTheEnd(back.rendering, back.plan, context);
        // What was deleted comes back: who destroys the environment finds everything.
        return this.#deployAll(context, withoutOrder, { wait: false });
      }
      case "restart": {
        const rolled = rendering.objects.find(({ object }) => object.kind === "Deployment")?.object;
        await restart(rendering, rolled?.metadata.labels?.[labels.name] ?? "", context);
        return;
      }
      case "logs":
        await followPodLogs(context.client, {
          namespace: rendering.namespace,
          labelSelector: `${labels.partOf}=${rendering.platform}`,
          signal: context.signal ?? new AbortController().signal,
          onLine: () => {},
        });
        return;
      case "destroy":
        await destroy(await planDestroy(rendering, context, { volumes: true, secrets: true }), context);
    }
  }

  /** With options, only as far as it comes with these. */
  async #deployAll(
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

  #watched({ deny, onRequest }: TakeOptions): Transport {
    const inner = this.#transport;
    const administrators = this.sandbox.client.transport;
    return {
      ...inner,
      send: async (request) => {
        const exists = async (): Promise<boolean> => {
          const found = await administrators.send({ method: "GET", path: request.path });
          return found.status === 200;
        };
        const denied = await deny?.(request, exists);
        if (denied !== undefined) return denied;
        const response = await inner.send(request);
        onRequest?.(request, response.status);
        return response;
      },
    };
  }
}

async function prepare(rendering: Rendering, client: KubeClient): Promise<void> {
  const objects = rendering.objects.map(({ object }) => object);
  await assumeKinds(objects, client, async () => undefined);
  await assumeNamespace({ ...rendering, objects: [] }, client);
  await assumeSecrets(rendering.secrets, rendering.namespace, client);
}

/** Every object in another version, and one that is not wanted any more. */
function changed(rendering: Rendering): Rendering {
  const next = markRollout(rendering, componentsWithPods(rendering), "next");
  const others = next.objects.map(({ object, component }) => ({
    object: touched(object),
    ...(component === undefined ? {} : { component }),
  }));
  const dropped = others.findLast(({ object }) => object.kind === "ConfigMap" || object.kind === "Service");
  return { ...next, objects: others.filter((one) => one !== dropped) };
}

/** The same object with another label: an update, whatever its kind. Jobs and namespaces are not changed. */
function touched(object: KubeObject): KubeObject {
  if (object.kind === "Job" || object.kind === "Namespace") return object;
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, "moorage.dev/rehearsal": "next" } },
  };
}
