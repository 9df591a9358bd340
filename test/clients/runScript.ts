import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { toolPath } from "../tools/kubectl.ts";
import { normaliseOutput } from "./normaliseOutput.ts";
import type { DetailedStep, Script } from "./Script.ts";
import type { Side } from "./startSides.ts";

/** What one step said, made comparable. */
export interface Said {
  readonly command: string;
  readonly lines: readonly string[];
}

/** Programs beside kubectl and helm, by the name that scripts use. */
export type Programs = Readonly<Record<string, string>>;

interface Running {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  /** All that it said to stderr, also what is not compared. */
  log: string;
  readonly ended: Promise<number | null>;
}

/** Milliseconds after which something that has not come never will, even on a busy machine. */
const patience = 120_000;

/** Runs a script on one side; resolves to what it said, step by step. */
export async function runScript(script: Script, side: Side, programs: Programs = {}): Promise<Said[]> {
  const folder = mkdtempSync(join(tmpdir(), "moorage-script-"));
  const namespace = namespaceOf(script);
  const background = new Map<string, Running>();
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, withNamespace(readFileSync(side.kubeconfig, "utf8"), namespace), { mode: 0o600 });
  for (const [name, content] of Object.entries(script.files ?? {})) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content), {
      mode: name.endsWith(".sh") ? 0o700 : 0o600,
    });
  }
  const start = (step: DetailedStep): Running => {
    const [program = "", ...args] = words(step.run.replaceAll("$NS", namespace));
    const path =
      programs[program] ?? (program === "kubectl" || program === "helm" ? toolPath(program) : program);
    const child = spawn(path, args, {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        KUBECONFIG: kubeconfig,
        KUBECACHEDIR: join(dirname(side.kubeconfig), "client-cache"),
        ...step.env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const running: Running = {
      child,
      stdout: "",
      stderr: "",
      log: "",
      ended: new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      }),
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (running.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      running.log += text;
      if (step.quiet === undefined) running.stderr += text;
    });
    // A tool that ends before it has read everything is no fault of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(
      step.input === undefined
        ? ""
        : typeof step.input === "string"
          ? step.input
          : JSON.stringify(step.input),
    );
    return running;
  };
  const perform = async (step: DetailedStep): Promise<string[]> => {
    if (step.finish !== undefined) return finish(background, step.finish.name, step.finish.when, folder);
    if (step.background !== undefined) {
      const running = start(step);
      background.set(step.background, running);
      for (const deadline = Date.now() + patience; step.begun?.test(running.log) === false; await sleep(50))
        if (running.child.exitCode !== null || Date.now() > deadline)
          throw new Error(`${side.name}: \`${step.run}\` never said ${step.begun}, but: ${running.log}`);
      return [];
    }
    for (const deadline = Date.now() + patience; ; await sleep(150)) {
      const running = start(step);
      const code = await running.ended;
      const { stdout, stderr } = running;
      if (step.until === undefined || step.until.test(stdout + stderr))
        return linesOf(stdout, stderr, code, folder, step.unordered);
      if (Date.now() > deadline)
        throw new Error(`${side.name}: \`${step.run}\` never said ${step.until}, but: ${stdout}${stderr}`);
    }
  };
  const said: Said[] = [];
  try {
    await perform({ run: `kubectl create namespace ${namespace}` });
    for (const each of script.steps) {
      const step = typeof each === "string" ? { run: each } : each;
      const lines = await perform(step);
      if (step.silent === undefined && step.background === undefined)
        said.push({ command: step.run || `finish ${step.finish?.name}`, lines });
    }
    return said;
  } finally {
    for (const { child } of background.values()) child.kill("SIGKILL");
    for (const what of script.cleanUp ?? [])
      await perform({ run: `kubectl delete --ignore-not-found ${what}` });
    await perform({ run: `kubectl delete namespace ${namespace} --wait=false` });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function finish(
  background: ReadonlyMap<string, Running>,
  name: string,
  when: RegExp,
  folder: string,
): Promise<string[]> {
  const running = background.get(name);
  if (running === undefined) throw new Error(`nothing called ${name} runs`);
  const { child, ended } = running;
  for (const deadline = Date.now() + patience; ; await sleep(50)) {
    // All that a program said has come once it is closed, which may be after it has exited.
    const over = child.exitCode !== null || Date.now() > deadline;
    if (child.exitCode !== null) await ended;
    const said = running.stdout + running.stderr;
    if (when.test(said)) break;
    if (over) throw new Error(`${name} never said ${when}, but: ${said}`);
  }
  child.kill("SIGTERM");
  const code = await ended;
  return linesOf(running.stdout, running.stderr, code, folder);
}

function linesOf(
  stdout: string,
  stderr: string,
  code: number | null,
  folder: string,
  unordered?: true,
): string[] {
  const split = (text: string, mark: string): string[] => {
    const shown = normaliseOutput(text, folder);
    // Also when all of it was progress, which one side may have seen nothing of.
    if (shown === "") return [];
    const lines = shown.replace(/\n$/, "").split("\n");
    return (unordered ? lines.toSorted() : lines).map((line) => mark + line);
  };
  return [...split(stdout, ""), ...split(stderr, "stderr: "), ...(code === 0 ? [] : [`exit code ${code}`])];
}

const namespaceOf = ({ title }: Script): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-|-$/g, "");

function withNamespace(text: string, namespace: string): string {
  const config = parse(text) as {
    contexts: { name: string; context: { namespace?: string } }[];
    "current-context": string;
  };
  for (const { name, context } of config.contexts)
    if (name === config["current-context"]) context.namespace = namespace;
  return stringify(config);
}

/** At white space, but for what stands in single quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
