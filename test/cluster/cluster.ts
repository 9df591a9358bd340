// npm run cluster [-- --build | -- COMMAND ARGS...]: a real Kubernetes control plane on this machine, until Ctrl-C or the command's end.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { buildControlPlane } from "./controlPlaneProgram.ts";
import { startCluster } from "./startCluster.ts";

const say = (line: string): void => console.error(line);
const [command, ...args] = process.argv.slice(2);

if (command === "--build") say(`Built: ${await buildControlPlane(say)}`);
else {
  const started = Date.now();
  const cluster = await startCluster({ build: say, node: true }).catch((error: unknown) => {
    // What is missing (Go, say) is for the person who asked for a cluster, not for a debugger.
    say(`No cluster: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
  const ask = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => ask.abort());
  say(`${cluster.description}: ready after ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  try {
    if (command === undefined) {
      console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
      say("Ctrl-C stops it.");
      // A signal handler alone doesn't keep the process.
      const alive = setInterval(() => {}, 60_000);
      if (!ask.signal.aborted) await once(ask.signal, "abort");
      clearInterval(alive);
    } else {
      const child = spawn(command, args, {
        stdio: "inherit",
        env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      });
      const [code] = (await once(child, "exit")) as [number | null];
      process.exitCode = code ?? 1;
    }
  } finally {
    await cluster.stop();
  }
}
