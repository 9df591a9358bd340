import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { deploy, planDeploy } from "../../src/deploy/index.ts";
import { createKubeClient } from "../../src/kube/index.ts";
import { transportTo } from "./RealWorld.ts";
import { thirtyObjects } from "./thirtyObjects.ts";

/** Deploys the second version in a process of its own, which dies of SIGKILL as soon as so many requests were answered. Gives what it died of. */
export async function killedProcess(
  kubeconfig: string,
  namespace: string,
  requests: number,
): Promise<string | number | null> {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [file, kubeconfig, namespace, String(requests)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kubeconfig = "", namespace = "", requests = "0"] = process.argv.slice(2);
  const inner = transportTo(kubeconfig);
  let left = Number(requests);
  const client = createKubeClient({
    ...inner,
    send: async (request) => {
      const response = await inner.send(request);
      if (left-- <= 0) process.kill(process.pid, "SIGKILL");
      return response;
    },
  });
  const rendering = thirtyObjects(2, namespace);
  await deploy(rendering, await planDeploy(rendering, { client }), { client }).finally(() => inner.close());
  // It was to be killed: whoever waits for that hears that it was not.
  process.exit(0);
}
