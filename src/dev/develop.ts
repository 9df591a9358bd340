import { MoorageError } from "../contract/index.ts";
import { deploy, prepareDeploy, type DeployContext, type DeployEvent, type Plan } from "../deploy/index.ts";
import { openKubeClient, systemClock, type KubeClient } from "../kube/index.ts";
import { evaluateEnvironment, type LoadedPlatform, type Rendering } from "../platform/index.ts";
import { exposedUrls, type ExposedUrl } from "./exposedUrls.ts";
import { holderOf, settledSandbox } from "./folderClaim.ts";
import { programFolders } from "./programFolders.ts";
import { sandboxEnded } from "./SandboxEnd.ts";
import { SandboxProcess } from "./SandboxProcess.ts";
import { isRunning, stateFolderOf, type SandboxRecord } from "./sandboxState.ts";
import { SourceHasher } from "./sourceHash.ts";
import { watchFiles } from "./watchFiles.ts";

/** What happens in the development loop, in order. */
export type DevelopEvent =
  | { readonly type: "step"; readonly text: string }
  /** A deploy begins that would change this. */
  | { readonly type: "planned"; readonly plan: Plan; readonly first: boolean }
  | { readonly type: "deploying"; readonly event: DeployEvent }
  | {
      readonly type: "deployed";
      readonly milliseconds: number;
      readonly urls: readonly ExposedUrl[];
      readonly first: boolean;
    }
  | { readonly type: "unchanged"; readonly urls: readonly ExposedUrl[]; readonly first: boolean }
  /** Files that changed, absolute. */
  | { readonly type: "changed"; readonly files: readonly string[] }
  /** The platform file is wrong, or something can't become ready. The loop goes on, and tries again at the next change. */
  | { readonly type: "problem"; readonly error: unknown };

export interface DevelopOptions {
  /** Loads the platform file afresh at each call. */
  readonly load: () => Promise<LoadedPlatform>;
  /** The first environment whose target is the sandbox, unless said; any can be named. */
  readonly environment?: string;
  /** Command line of `moorage`, for the sandbox's process. */
  readonly program: readonly [string, ...string[]];
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly who: string;
  /** Port of the front door; the one it had before, unless said. */
  readonly doorPort?: number;
  /** Whether changes of files are deployed. */
  readonly watch: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DevelopEvent) => void;
  /** Told, at each deploy, how to take the platform's secrets out of a text. */
  readonly onRedactor?: (redact: (text: string) => string) => void;
}

/**
 * Starts the sandbox (or uses the one that runs), deploys, and redeploys what changed until the signal fires; then stops what it started.
 *
 * @throws MoorageError when the platform file is wrong at the start, or the sandbox can't start
 */
export async function develop(options: DevelopOptions): Promise<void> {
  const { signal, onEvent } = options;
  const loaded = await options.load();
  const environment = options.environment ?? sandboxEnvironmentOf(loaded);
  const evaluate = (from: LoadedPlatform) => evaluateEnvironment(from, environment, { target: "sandbox" });
  // What is wrong now is told before anything is started.
  evaluate(loaded);

  const { record, sandbox } = await attachOrStart(loaded, options);
  const { client } = openKubeClient({
    env: options.processEnvironment,
    home: options.home,
    kubeconfig: record.kubeconfig,
  });
  const loop = new Loop(options, client, record, evaluate);
  const over = new AbortController();
  try {
    if (sandbox !== undefined) void sandbox.exited.then((end) => loop.fail(sandboxEnded(end)));
    else void whenGone(record, over.signal).then((gone) => gone && loop.fail(stoppedElsewhere(record)));
    await loop.run(loaded);
  } finally {
    over.abort();
    await client.close();
    if (sandbox !== undefined) {
      if (signal.aborted) onEvent({ type: "step", text: "Stopping the sandbox" });
      await sandbox.stop();
    }
  }
}

/** The first environment that runs in the sandbox. */
function sandboxEnvironmentOf(loaded: LoadedPlatform): string {
  const names = Object.entries(loaded.definition.environments);
  const found = names.find(([, environment]) => environment.target === "sandbox");
  if (found === undefined) {
    throw new MoorageError("Usage", `No environment of ${loaded.name} has the sandbox as its target.`, {
      hint: `Name one: moorage dev ${names[0]?.[0] ?? "ENV"}`,
      exitCode: 2,
    });
  }
  return found[0];
}

async function attachOrStart(
  loaded: LoadedPlatform,
  options: DevelopOptions,
): Promise<{ record: SandboxRecord; sandbox?: SandboxProcess }> {
  const stateDir = stateFolderOf(loaded.file);
  const onWait = ({ pid }: { pid: number }): void =>
    options.onEvent({
      type: "step",
      text: `Waiting for the sandbox of process ${pid}, which starts or stops`,
    });
  for (let tries = 1; ; tries += 1) {
    const running = await settledSandbox(stateDir, { signal: options.signal, onWait });
    if (running !== undefined) {
      options.onEvent({ type: "step", text: `Using the sandbox that runs already (process ${running.pid})` });
      return { record: running };
    }
    options.onEvent({ type: "step", text: "Starting the sandbox" });
    try {
      const sandbox = await SandboxProcess.start({
        program: options.program,
        stateDir,
        platform: loaded.name,
        doorPort: options.doorPort,
        environment: options.processEnvironment,
        signal: options.signal,
        onStep: (text) => options.onEvent({ type: "step", text }),
      });
      return { record: sandbox.record, sandbox };
    } catch (error) {
      // Somebody else's came first.
      if (options.signal.aborted || tries === 3 || holderOf(stateDir) === undefined) throw error;
    }
  }
}

/** True when its process is gone, false when the signal fires before: nobody tells us of the end of a sandbox that others have started. */
async function whenGone(record: SandboxRecord, signal: AbortSignal): Promise<boolean> {
  while (isRunning(record)) {
    await systemClock.sleep(500, signal).catch(() => undefined);
    if (signal.aborted) return false;
  }
  return true;
}

const stoppedElsewhere = ({ pid }: SandboxRecord): MoorageError =>
  new MoorageError("SandboxFailed", `The sandbox that this used (process ${pid}) has ended.`, {
    hint: "What it had acknowledged is kept. Start it again: moorage dev",
  });

/** One deploy at a time; a change that comes meanwhile ends the deploy that it makes stale. */
class Loop {
  readonly #options: DevelopOptions;
  readonly #client: KubeClient;
  readonly #record: SandboxRecord;
  readonly #evaluate: (loaded: LoadedPlatform) => ReturnType<typeof evaluateEnvironment>;
  readonly #hasher = new SourceHasher();
  readonly #watch: ReturnType<typeof watchFiles> | undefined;
  #stale = false;
  #current: AbortController | undefined;
  #wake: () => void = () => {};
  #failure: unknown;

  constructor(
    options: DevelopOptions,
    client: KubeClient,
    record: SandboxRecord,
    evaluate: (loaded: LoadedPlatform) => ReturnType<typeof evaluateEnvironment>,
  ) {
    this.#options = options;
    this.#client = client;
    this.#record = record;
    this.#evaluate = evaluate;
    if (options.watch) {
      this.#watch = watchFiles((files) => {
        this.#options.onEvent({ type: "changed", files });
        this.#stale = true;
        this.#current?.abort();
        this.#wake();
      });
    }
  }

  fail(error: unknown): void {
    if (this.#options.signal.aborted) return;
    this.#failure ??= error;
    this.#current?.abort();
    this.#wake();
  }

  async run(loaded: LoadedPlatform): Promise<void> {
    const { signal, onEvent } = this.#options;
    signal.addEventListener("abort", () => {
      this.#current?.abort();
      this.#wake();
    });
    let first = true;
    let next: LoadedPlatform | undefined = loaded;
    let outdated = 0;
    let known: LoadedPlatform = loaded;
    try {
      while (!signal.aborted && this.#failure === undefined) {
        this.#stale = false;
        try {
          known = next ?? (await this.#options.load());
          await this.#deployOnce(known, first);
          first = false;
          outdated = 0;
        } catch (error) {
          if (signal.aborted || this.#failure !== undefined) break;
          // Another loop, or a deploy by hand, was faster: what is left to do is another matter.
          if (!this.#stale && error instanceof MoorageError && error.code === "PlanStale" && outdated++ < 5) {
            next = known;
            continue;
          }
          if (!this.#stale) onEvent({ type: "problem", error });
          this.#watch?.update(known.files, []);
        }
        next = undefined;
        if (!this.#stale) await this.#sleep();
      }
    } finally {
      await this.#watch?.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Until a file changes, the signal fires or the sandbox is gone. */
  async #sleep(): Promise<void> {
    const { signal } = this.#options;
    if (signal.aborted || this.#failure !== undefined || this.#stale) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  async #deployOnce(loaded: LoadedPlatform, first: boolean): Promise<void> {
    const { onEvent, processEnvironment, who } = this.#options;
    const current = new AbortController();
    this.#current = current;
    const started = performance.now();
    const context: DeployContext = {
      client: this.#client,
      who,
      signal: current.signal,
      onEvent: (event) => onEvent({ type: "deploying", event }),
    };
    const prepared = await prepareDeploy(
      {
        evaluated: this.#evaluate(loaded),
        processEnvironment,
        sourceOf: (folder) => this.#hasher.hash(folder),
        ...(this.#options.onRedactor === undefined ? {} : { onRedactor: this.#options.onRedactor }),
      },
      context,
      // It is this machine's own cluster: nobody else's fields are at stake.
      { forceConflicts: true, adopt: true },
    );
    const { rendering, plan } = prepared;
    this.#watch?.update(loaded.files, programFolders(rendering));
    const urls = this.#urls(rendering);
    if (plan.nothingToDo) return onEvent({ type: "unchanged", urls, first });
    onEvent({ type: "planned", plan, first });
    if (plan.problems.length > 0) {
      throw new MoorageError("ApiRefused", "The platform can't be deployed as it is.", {
        problems: plan.problems,
      });
    }
    await deploy(
      rendering,
      plan,
      { ...context, redact: prepared.redact },
      // Nobody is there to try again: whoever deploys at the moment is waited for.
      { forceConflicts: true, lock: { wait: 600_000 } },
    );
    onEvent({ type: "deployed", milliseconds: performance.now() - started, urls, first });
  }

  #urls(rendering: Rendering): ExposedUrl[] {
    return exposedUrls(rendering, this.#record.door);
  }
}
