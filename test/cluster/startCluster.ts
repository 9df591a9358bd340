import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { clusterConnection, loadKubeconfig } from "../../src/kube/index.ts";
import { buildControlPlane, findControlPlane, kubernetesVersion } from "./controlPlaneProgram.ts";
import { startClusterNode } from "./startClusterNode.ts";
import { startControlPlane, type ControlPlaneOptions } from "./startControlPlane.ts";

/** A real Kubernetes control plane that somebody may use until they stop it. */
export interface Cluster {
  /** Path of a kubeconfig whose current context is its administrator. */
  readonly kubeconfig: string;
  /** For people: `Kubernetes v1.36.3, built here`. */
  readonly description: string;
  /** Whether it is only ours: cluster-wide objects may be made, nothing needs to be cleaned up. */
  readonly ours: boolean;
  /** Process ids by component, where it runs as processes of this machine. */
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

export interface ClusterOptions extends Pick<ControlPlaneOptions, "components" | "flags"> {
  /** May take minutes: try kind and k3d, build the control plane when it isn't; told line by line. Without it, that is an error. */
  readonly build?: (line: string) => void;
  /**
   * The sandbox's own node joins the control plane and runs pods as processes; claims get folders. It needs the controllers. A cluster that
   * has nodes of its own is left as it is. `rest`: pods that do not say how they run as processes pretend that they do.
   */
  readonly node?: boolean | "rest";
}

const run = promisify(execFile);

/**
 * Why no cluster can be started in a moment, as a sentence for a skipped test; undefined when one can. `MOORAGE_TEST_CONTEXT` and a
 * program built before count; `kind` and `k3d` don't, as they take minutes: name their context instead. `own`: why the tests can't use a
 * cluster that somebody else runs, as what follows "needs": they are skipped where a context is given.
 */
export function clusterMissing({ own }: { own?: string } = {}): string | undefined {
  const context = process.env["MOORAGE_TEST_CONTEXT"];
  if (context && own !== undefined) return `needs ${own}, which the context ${context} does not promise`;
  if (context || findControlPlane() !== undefined) return undefined;
  return `no real control plane: \`npm run cluster -- --build\` builds Kubernetes ${kubernetesVersion()} once (it needs Go)`;
}

/** `clusterMissing`, for `describe.skipIf(!clusterAvailable())`. */
export const clusterAvailable = (options?: { own?: string }): boolean =>
  clusterMissing(options) === undefined;

/** The first that works of: the context `MOORAGE_TEST_CONTEXT`, kind or k3d (with `build` only), the control plane of `control-plane/`. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const context = process.env["MOORAGE_TEST_CONTEXT"];
  if (context) return existing(context);
  const made = options.build && (await throughDocker(options.build));
  if (made !== undefined) return made;
  const program = findControlPlane() ?? (options.build && (await buildControlPlane(options.build)));
  if (program === undefined) throw new Error(clusterMissing());
  const plane = await startControlPlane({ ...options, program });
  const { kubeconfig, pids } = plane;
  try {
    const node = options.node
      ? await startClusterNode(plane, { simulate: options.node === "rest" ? "rest" : false })
      : undefined;
    return {
      kubeconfig,
      pids,
      async stop() {
        await node?.stop();
        await plane.stop();
      },
      ours: true,
      description: `Kubernetes ${kubernetesVersion()}, built here${node === undefined ? "" : ", with a node that runs pods as processes"}`,
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** A kubeconfig of its own with that context as the current one, so that nobody's default is used by mistake. */
async function existing(context: string): Promise<Cluster> {
  const loaded = loadKubeconfig({ env: process.env, home: homedir() });
  const { server } = clusterConnection(loaded, { context, env: process.env });
  const { stdout } = await run("kubectl", [
    "config",
    "view",
    "--raw",
    "--flatten",
    "--minify",
    "--context",
    context,
  ]);
  const { folder, kubeconfig } = keep(stdout);
  return {
    kubeconfig,
    pids: {},
    ours: false,
    description: `context ${context} at ${server}`,
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function keep(text: string): { folder: string; kubeconfig: string } {
  const folder = mkdtempSync(join(tmpdir(), "moorage-cluster-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  return { folder, kubeconfig };
}

/** What a program said last before it failed. */
function whyOf(error: unknown): string {
  const { stderr = "", message } = error as Error & { stderr?: string };
  return stderr.trim().split("\n").at(-1) || (message.split("\n")[0] ?? "");
}

/** A new cluster by kind or k3d; undefined when neither is installed or works here. */
async function throughDocker(say: (line: string) => void): Promise<Cluster | undefined> {
  const name = `moorage-${process.pid}`;
  const ways = [
    {
      tool: "kind",
      create: ["create", "cluster", "--name", name, "--wait", "120s", "--kubeconfig"],
      remove: ["delete", "cluster", "--name", name],
    },
    {
      tool: "k3d",
      create: ["cluster", "create", name, "--wait", "--kubeconfig-update-default=false"],
      remove: ["cluster", "delete", name],
    },
  ];
  for (const { tool, create, remove } of ways) {
    const folder = mkdtempSync(join(tmpdir(), "moorage-cluster-"));
    const kubeconfig = join(folder, "kubeconfig");
    try {
      await run(tool, ["version"]);
      say(`Starting a cluster with ${tool}.`);
      await run(tool, tool === "kind" ? [...create, kubeconfig] : create);
      if (tool === "k3d")
        writeFileSync(kubeconfig, (await run(tool, ["kubeconfig", "get", name])).stdout, { mode: 0o600 });
      return {
        kubeconfig,
        pids: {},
        ours: true,
        description: `${tool} cluster ${name}`,
        async stop() {
          await run(tool, remove);
          rmSync(folder, { recursive: true, force: true });
        },
      };
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      // Not installed is the usual case and says nothing; installed and broken is worth a line.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        say(`${tool} does not work here: ${whyOf(error)}`);
        await run(tool, remove).catch(() => {});
      }
    }
  }
  return undefined;
}
