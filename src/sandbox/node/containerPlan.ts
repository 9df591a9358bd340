import { existsSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { DevContainer } from "../../contract/index.ts";
import { builtins } from "./builtins/registry.ts";
import { containerEnvironment, type DataOf } from "./containerEnvironment.ts";
import { expandVariables } from "./expandVariables.ts";
import type { NodeCapacity, PodFacts } from "./fieldReference.ts";
import type { StartProblem } from "./NodeContext.ts";
import type { Container, Pod } from "./Pod.ts";
import { portVariables, tcpPorts } from "./ports.ts";
import type { TokenMounts } from "./process/TokenMounts.ts";
import type { Preparation } from "./process/Preparations.ts";
import { pairHostAndPort, pairInArguments } from "./references/pairHostAndPort.ts";
import { serviceVariables } from "./references/serviceVariables.ts";
import type { ServiceAddress } from "./references/ServiceDirectory.ts";
import { substituteMounts, type MountFolder } from "./references/substituteMounts.ts";
import { substituteServices, type Substitution } from "./references/substituteServices.ts";
import { apiAccess } from "./apiAccess.ts";
import { mountFolders } from "./volumes/mountFolders.ts";

/** Everything that is needed to start a container's process. */
export interface ContainerPlan {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly stopSignal: NodeJS.Signals;
  readonly prepare?: Preparation;
  /** What its command lines begin with, so that it finds its token where in-cluster clients look for it. */
  readonly enter?: readonly string[];
  /** Where the program leaves its last words. */
  readonly terminationFile: string;
  /** Substitutes references in a command that runs beside the program: a probe, a hook. */
  readonly substitute: (text: string) => string;
}

export interface PlanContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly dev: DevContainer | undefined;
  readonly facts: PodFacts;
  readonly capacity: NodeCapacity;
  readonly dataOf: DataOf;
  /** Volume -> folder. */
  readonly folders: ReadonlyMap<string, string>;
  readonly dataVolumes: ReadonlySet<string>;
  /** Container port -> loopback port, of the whole pod. */
  readonly ports: ReadonlyMap<number, number>;
  readonly substitution: Substitution;
  /** Of the pod's namespace. */
  readonly services: readonly ServiceAddress[];
  /** The API server's own Service. */
  readonly apiServer: ServiceAddress | undefined;
  readonly tokenMounts: TokenMounts;
  readonly inherited: Readonly<Record<string, string>>;
  /** Private to this container. */
  readonly folder: string;
  readonly nodeBinary: string;
  readonly stateDir: string;
}

const configError = (message: string): StartProblem => ({ reason: "CreateContainerConfigError", message });

/** Turns what a pod asks for into what a process is given. Writes only below the container's own folder. */
export async function planContainer(context: PlanContext): Promise<ContainerPlan | StartProblem> {
  const { pod, container, dev, folder, ports, substitution } = context;
  if (dev === undefined) return cannotRun(container);
  const asked = containerEnvironment(context);
  if (asked.problem !== undefined) return configError(asked.problem);
  const mounted = await mountFolders(container, {
    folders: context.folders,
    data: context.dataVolumes,
    rootFolder: join(folder, "root"),
    env: asked.env,
  });
  if ("problem" in mounted) return configError(mounted.problem);
  await mkdir(folder, { recursive: true });
  const terminationFile = join(folder, "termination-log");
  await writeFile(terminationFile, "");
  const mounts: MountFolder[] = [
    ...mounted.mounts,
    { mountPath: container.terminationMessagePath ?? "/dev/termination-log", folder: terminationFile },
  ];
  const substitute = (text: string): string =>
    substituteMounts(substituteServices(text, substitution), mounts);

  const env = environmentOf(context, asked.env, substitute);
  const words = (list: readonly string[] | undefined): string[] =>
    pairInArguments(
      (list ?? []).map((word) => expandVariables(word, env)),
      substitution,
    ).map(substitute);
  const command = words(container.command);
  const args = ownPortOption(words(container.args), ports, dev);
  const cwd = dev.cwd === undefined ? undefined : substitute(dev.cwd);
  const stopSignal = (container.lifecycle?.stopSignal ?? "SIGTERM") as NodeJS.Signals;

  if (dev.builtin !== undefined && dev.run === undefined) {
    const first = tcpPorts(container)[0]?.containerPort;
    const plan = await builtins[dev.builtin]({
      command,
      args,
      env,
      mounts,
      cwd,
      port: first === undefined ? undefined : ports.get(first),
      folder,
      stateDir: context.stateDir,
      path: context.inherited["PATH"],
      nodeBinary: context.nodeBinary,
      uid: process.getuid?.(),
    });
    return "reason" in plan ? plan : { stopSignal, ...plan, terminationFile, substitute };
  }

  if (cwd === undefined) return cannotRun(container);
  if (!existsSync(cwd) || !statSync(cwd).isDirectory()) {
    return configError(`the folder of image ${container.image ?? ""} is not there: ${cwd} (its dev.cwd)`);
  }
  const argv = dev.run === undefined ? [...command, ...args] : ownPortOption(words(dev.run), ports, dev);
  if (argv.length === 0 || (dev.run === undefined && container.command === undefined)) {
    return configError(
      `what image ${container.image ?? ""} runs by itself is not known here: give the component a command, or the image dev: { run: [...] }`,
    );
  }
  const access = await apiAccess(context, mounts, env);
  return {
    argv,
    cwd,
    env: { ...access.env, ...env, ...programPath(cwd, env) },
    ...(access.enter === undefined ? {} : { enter: access.enter }),
    stopSignal,
    terminationFile,
    substitute,
    ...(dev.prepare === undefined
      ? {}
      : {
          prepare: {
            cwd,
            line: dev.prepare,
            source: dev.source,
            env: { ...context.inherited, ...programPath(cwd, context.inherited) },
            what: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}/${container.name}`,
          },
        }),
  };
}

const cannotRun = (container: Container): StartProblem => ({
  reason: "CannotRunHere",
  message: `image ${container.image ?? "(none)"} can't run here as a process: say in the platform file how it does, dev: { cwd: "FOLDER OF THE PROGRAM" }; or let pods pretend to run: moorage sandbox --simulate`,
  final: true,
});

function environmentOf(
  context: PlanContext,
  asked: Record<string, string>,
  substitute: (text: string) => string,
): Record<string, string> {
  const { pod, container, ports, substitution } = context;
  const paired = pairHostAndPort(asked, substitution);
  const env: Record<string, string> = {
    ...context.inherited,
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name ?? "",
    ...serviceVariables([
      ...(pod.spec["enableServiceLinks"] === false ? [] : context.services),
      ...(context.apiServer === undefined ? [] : [context.apiServer]),
    ]),
  };
  for (const [name, value] of Object.entries(asked)) env[name] = paired[name] ?? substitute(value);
  for (const [name, value] of Object.entries(paired)) env[name] = value;
  const given = portVariables(container, ports);
  for (const [name, value] of Object.entries(given)) {
    // The platform's own PORT is the container port, in other words; one that means something else stays.
    if (asked[name] === undefined || ports.has(Number(asked[name]))) env[name] = value;
  }
  return env;
}

/** `--port 8080`, when 8080 is a port of the container, is the loopback port. */
function ownPortOption(
  words: readonly string[],
  ports: ReadonlyMap<number, number>,
  dev: DevContainer,
): string[] {
  if (dev.fixedPort === true) return [...words];
  return words.map((word, at) => {
    const joined = /^(--port=)(\d+)$/.exec(word);
    if (joined !== null) return `${joined[1] ?? ""}${ports.get(Number(joined[2])) ?? joined[2] ?? ""}`;
    return words[at - 1] === "--port" && /^\d+$/.test(word) ? String(ports.get(Number(word)) ?? word) : word;
  });
}

/** What a project installs into its own folder is found first, as in its image. */
function programPath(cwd: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const own = [join(cwd, ".venv", "bin"), join(cwd, "node_modules", ".bin")].filter((folder) =>
    existsSync(folder),
  );
  return own.length === 0
    ? {}
    : { PATH: [...own, ...(env["PATH"] === undefined ? [] : [env["PATH"]])].join(delimiter) };
}
