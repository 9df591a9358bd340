import { deploy, planDeploy } from "../src/deploy/index.ts";
import { openKubeClient } from "../src/kube/index.ts";
import { annotations, instanceOf, labels, ownerOf, type KubeObject } from "../src/contract/index.ts";
import type { Rendering } from "../src/platform/index.ts";
import { median, type Row } from "./Row.ts";
import { startSandboxProcess } from "./sandboxProcess.ts";

/** 500 objects of mixed kinds, none of which needs a pod. */
function rendering(count: number): Rendering {
  const namespace = "default";
  const object = (i: number): KubeObject => {
    const metadata = {
      name: `o-${i}`,
      namespace,
      labels: {
        [labels.name]: `o-${i}`,
        [labels.instance]: instanceOf("bench", "dev"),
        [labels.managedBy]: "moorage",
      },
      annotations: { [annotations.owner]: ownerOf("bench", "dev") },
    };
    const selector = { [labels.name]: `o-${i}`, [labels.instance]: instanceOf("bench", "dev") };
    if (i % 4 === 0) {
      const container = {
        name: "main",
        image: "registry.example.org/bench:1",
        env: [{ name: "N", value: String(i) }],
      };
      const template = { metadata: { labels: selector }, spec: { containers: [container] } };
      return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas: 0, selector: { matchLabels: selector }, template },
      };
    }
    if (i % 4 === 1) {
      const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
      return { apiVersion: "v1", kind: "Service", metadata, spec: { selector, ports } };
    }
    if (i % 4 === 2)
      return { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { PASSWORD: "c2VjcmV0" } };
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { "settings.ini": `n = ${i}\n`.repeat(20) },
    };
  };
  return {
    platform: "bench",
    environment: "dev",
    namespace,
    objects: Array.from({ length: count }, (_, i) => ({ object: object(i) })),
    components: [],
    secrets: [],
    problems: [],
  };
}

/** A plan with nothing changed, of 500 objects. */
export async function plan(): Promise<Row[]> {
  const running = await startSandboxProcess();
  const { client } = openKubeClient({ env: {}, home: "/nonexistent", kubeconfig: running.kubeconfig });
  try {
    const wanted = rendering(500);
    const first = performance.now();
    await deploy(wanted, await planDeploy(wanted, { client }), { client }, { wait: false });
    const deployed = performance.now() - first;
    const times: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const started = performance.now();
      const made = await planDeploy(wanted, { client });
      times.push(performance.now() - started);
      if (!made.nothingToDo) throw new Error(`something changed: ${JSON.stringify(made.summary)}`);
    }
    return [
      {
        what: `plan with nothing changed, 500 objects in the sandbox (first deploy without waiting: ${(deployed / 1000).toFixed(2)} s)`,
        measured: `${(median(times) / 1000).toFixed(2)} s`,
        mustReach: "1 s",
        reached: median(times) <= 1_000,
      },
    ];
  } finally {
    await client.close();
    await running.stop();
  }
}
