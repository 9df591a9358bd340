import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { openKubeClient } from "../src/kube/index.ts";
import { clusterMissing, startCluster } from "../test/cluster/startCluster.ts";
import { buildGoProgram, kapp } from "../test/tools/goProgram.ts";
import { toolPath } from "../test/tools/kubectl.ts";
import { benchObjects } from "./benchObjects.ts";
import { median, type Row } from "./Row.ts";
import { moorage } from "./sandboxProcess.ts";

/** What one command took. */
interface Run {
  readonly seconds: number;
  /** Peak of resident memory, MB. */
  readonly memory: number;
  /** Seconds of processor time that the command used, and that the server used meanwhile: they hold on a machine that others use too. */
  readonly own: number;
  readonly servers: number;
}

/** A way to bring objects into a cluster, and to do it again. */
interface Tool {
  readonly name: string;
  /** The command that deploys `folder` into `namespace`; its exit codes other than 0 that are well. */
  command(
    folder: string,
    namespace: string,
  ): { readonly argv: readonly string[]; readonly ok?: readonly number[] };
}

const sizes = [50, 500, 2_000] as const;
/** How often each size is deployed afresh, each time into another namespace, the tools in turn; and again each time. */
const rounds: Readonly<Record<number, number>> = { 50: 5, 500: 3, 2_000: 1 };
const again = 3;

/** Moorage against kubectl, helm and kapp on a real API server, all as whole processes, with the same objects. */
export async function deploy(): Promise<Row[]> {
  const missing = clusterMissing();
  if (missing !== undefined) {
    console.error(`deploy: ${missing}`);
    return [];
  }
  const kappPath = await buildGoProgram(kapp);
  const home = mkdtempSync(join(tmpdir(), "moorage-bench-deploy-"));
  // No controllers: nothing but the API server and the tool works.
  const cluster = await startCluster({ components: ["kube-apiserver"] });
  const { client } = openKubeClient({ env: {}, home, kubeconfig: cluster.kubeconfig });
  const config = parse(readFileSync(cluster.kubeconfig, "utf8")) as { "current-context": string };
  const context = config["current-context"];
  const environment = {
    PATH: process.env["PATH"],
    HOME: home,
    KUBECONFIG: cluster.kubeconfig,
    NO_COLOR: "1",
  };
  const run = (argv: readonly string[], cwd: string, ok: readonly number[] = [0]): Promise<Run> =>
    measured(argv, cwd, environment, ok, Object.values(cluster.pids));
  const tools: readonly Tool[] = [
    {
      name: "moorage",
      command: () => ({ argv: [...moorage, "deploy", "prod", "--yes", "--no-wait"] }),
    },
    {
      name: "kubectl",
      command: (_, namespace) => ({
        argv: [toolPath("kubectl"), "apply", "--server-side", "-n", namespace, "-f", "objects.yaml"],
      }),
    },
    {
      name: "helm",
      command: (_, namespace) => ({
        argv: [toolPath("helm"), "upgrade", "--install", "bench", "chart", "-n", namespace],
      }),
    },
    {
      name: "kapp",
      command: (_, namespace) => ({
        argv: [
          kappPath,
          "deploy",
          "-a",
          "bench",
          "-n",
          namespace,
          "-f",
          "objects.yaml",
          "--yes",
          "--wait=false",
        ],
      }),
    },
  ];
  const results: Result[] = [];
  try {
    for (const size of sizes) {
      for (let round = 0; round < (rounds[size] ?? 1); round += 1) {
        for (const tool of tools) {
          const namespace = `${tool.name}-${size}-${round}`;
          await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
          const folder = join(home, namespace);
          const write = (edition: number): void => writeInputs(folder, context, namespace, size, edition);
          write(1);
          const { argv, ok } = tool.command(folder, namespace);
          const add = (what: Result["what"], one: Run): void =>
            void results.push({ tool: tool.name, size, what, ...one });
          add("first", await run(argv, folder, ok));
          for (let i = 0; i < again; i += 1) {
            add("again", await run(argv, folder, ok));
            if (tool.name === "kubectl") {
              const diff = ["diff", "--server-side", "-n", namespace, "-f", "objects.yaml"];
              const one = await run([toolPath("kubectl"), ...diff], folder, [0, 1]);
              results.push({ tool: "kubectl diff", size, what: "again", ...one });
            }
          }
          write(2);
          add("one change", await run(argv, folder, ok));
          console.error(`deploy: ${namespace} done`);
        }
      }
    }
    const folder = join(home, "rehearsal");
    writeInputs(folder, context, "rehearsal", 500, 1);
    const rehearsals: number[] = [];
    for (let i = 0; i < 3; i += 1)
      rehearsals.push((await run([...moorage, "rehearse", "prod"], folder)).seconds);
    return rows(results, rehearsals);
  } finally {
    await client.close();
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

interface Result extends Run {
  readonly tool: string;
  readonly size: number;
  readonly what: "first" | "again" | "one change";
}

/** The same objects for all: a manifest, a chart of them, and a platform file that names the manifest. */
function writeInputs(
  folder: string,
  context: string,
  namespace: string,
  size: number,
  edition: number,
): void {
  mkdirSync(join(folder, "chart", "templates"), { recursive: true });
  const text = benchObjects(size, namespace, edition)
    .map((object) => stringify(object, { version: "1.1" }))
    .join("---\n");
  writeFileSync(join(folder, "objects.yaml"), text);
  writeFileSync(join(folder, "chart", "templates", "objects.yaml"), text);
  writeFileSync(join(folder, "chart", "Chart.yaml"), "apiVersion: v2\nname: bench\nversion: 1.0.0\n");
  writeFileSync(
    join(folder, "moorage.yaml"),
    stringify({
      name: "bench",
      environments: { prod: { target: { context }, namespace } },
      components: { all: { kind: "manifests", files: ["objects.yaml"] } },
    }),
  );
}

/** User and system time of a process so far, in seconds (proc_pid_stat(5); a tick is 10 ms everywhere). */
function processorTime(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Runs a command to its end, and looks at its memory and processor time every 10 ms. */
function measured(
  argv: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  ok: readonly number[],
  servers: readonly number[],
): Promise<Run> {
  const used = (): number => servers.reduce((sum, pid) => sum + processorTime(pid), 0);
  return new Promise((resolve, reject) => {
    const before = used();
    const [command = "", ...args] = argv;
    const started = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    let memory = 0;
    let own = 0;
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        memory = Math.max(memory, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
        own = processorTime(child.pid);
      } catch {
        // It has just ended.
      }
    }, 10);
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(timer);
      if (code === null || !ok.includes(code))
        reject(new Error(`${argv.join(" ")} ended with ${code}: ${said}`));
      else {
        const seconds = (performance.now() - started) / 1_000;
        resolve({ seconds, memory, own, servers: used() - before });
      }
    });
  });
}

function rows(results: readonly Result[], rehearsals: readonly number[]): Row[] {
  const of = (tool: string, size: number, what: Result["what"], field: keyof Run): number =>
    median(
      results
        .filter((one) => one.tool === tool && one.size === size && one.what === what)
        .map((one) => one[field]),
    );
  const took = (tool: string, size: number, what: Result["what"]): number => of(tool, size, what, "seconds");
  const peers = ["kubectl", "helm", "kapp"];
  const work = (tool: string, size: number, what: Result["what"]): string =>
    `${tool} ${of(tool, size, what, "own").toFixed(2)}+${of(tool, size, what, "servers").toFixed(2)} s`;
  const fastest = (size: number, what: Result["what"]): { name: string; seconds: number } =>
    peers
      .map((name) => ({ name, seconds: took(name, size, what) }))
      .toSorted((a, b) => a.seconds - b.seconds)[0] ?? { name: "", seconds: Number.NaN };
  const s = (seconds: number): string => `${seconds.toFixed(2)} s`;
  const ratio = (what: string, ours: number, peer: { name: string; seconds: number }, most: number): Row => ({
    what,
    measured: `${(ours / peer.seconds).toFixed(2)}x (${s(ours)} to ${peer.name}'s ${s(peer.seconds)})`,
    mustReach: `at most ${most}x`,
    reached: ours / peer.seconds <= most,
  });
  const all = (size: number): Row[] => [
    ratio(
      `deploy: ${size} objects, first, without waiting, against the fastest peer`,
      took("moorage", size, "first"),
      fastest(size, "first"),
      0.5,
    ),
    ratio(
      `deploy: ${size} objects, no change, against \`kubectl diff\``,
      took("moorage", size, "again"),
      { name: "kubectl diff", seconds: took("kubectl diff", size, "again") },
      0.2,
    ),
    ratio(
      `deploy: ${size} objects, no change, against the fastest peer's second run`,
      took("moorage", size, "again"),
      fastest(size, "again"),
      0.3,
    ),
    {
      what: `deploy: ${size} objects, one change (kubectl ${s(took("kubectl", size, "one change"))}, helm ${s(took("helm", size, "one change"))}, kapp ${s(took("kapp", size, "one change"))})`,
      measured: s(took("moorage", size, "one change")),
      mustReach: "",
    },
    {
      what: `deploy: ${size} objects, the peers' first: kubectl ${s(took("kubectl", size, "first"))}, helm ${s(took("helm", size, "first"))}, kapp ${s(took("kapp", size, "first"))}; again: ${s(took("kubectl", size, "again"))}, ${s(took("helm", size, "again"))}, ${s(took("kapp", size, "again"))}`,
      measured: `${s(took("moorage", size, "first"))}; ${s(took("moorage", size, "again"))}`,
      mustReach: "",
    },
    ...(["first", "again"] as const).map((what) => ({
      what: `deploy: ${size} objects, ${what}: processor time of the command + of the server (${peers.map((tool) => work(tool, size, what)).join(", ")})`,
      measured: work("moorage", size, what),
      mustReach: "",
    })),
  ];
  const growth = (what: Result["what"]): number => took("moorage", 2_000, what) / took("moorage", 500, what);
  const peak = Math.max(
    ...results.filter(({ tool, size }) => tool === "moorage" && size === 2_000).map(({ memory }) => memory),
  );
  return [
    ...sizes.flatMap(all),
    {
      what: "deploy: growth from 500 to 2,000 objects: first; no change",
      measured: `${growth("first").toFixed(1)}x; ${growth("again").toFixed(1)}x`,
      mustReach: "at most 4.5x",
      reached: growth("first") <= 4.5 && growth("again") <= 4.5,
    },
    {
      what: "deploy: peak memory at 2,000 objects",
      measured: `${peak.toFixed(0)} MB`,
      mustReach: "250 MB",
      reached: peak <= 250,
    },
    {
      what: "rehearsal of 500 objects",
      measured: s(median(rehearsals)),
      mustReach: "5 s",
      reached: median(rehearsals) <= 5,
    },
  ];
}
