import type { KubeClient } from "../../src/kube/KubeClient.ts";
import { endState } from "./endState.ts";
import { findDifferences, type Difference } from "./findDifferences.ts";
import { handsOf, type Flow } from "./flows.ts";
import type { ControlledServer } from "./startControlledServers.ts";

let count = 0;

/** A namespace of its own. */
async function prepared(client: KubeClient, name: string): Promise<void> {
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const { until, merge } = handsOf(client, name);
  await until("v1", "ServiceAccount", "default", () => true);
  await until("v1", "ConfigMap", "kube-root-ca.crt", () => true);
  await merge("v1", "ConfigMap", "kube-root-ca.crt", { data: { "ca.crt": "certificate" } });
}

/** Carries a flow out on both, waits until nothing moves any more, and compares what is left. */
export async function compareFlow(
  run: Flow["run"],
  real: ControlledServer,
  ours: ControlledServer,
): Promise<Difference[]> {
  const namespace = `parity-flow-${++count}`;
  const sides = [real, ours];
  await Promise.all(
    sides.map(async ({ client }) => {
      await prepared(client, namespace);
      await run(handsOf(client, namespace));
    }),
  );
  // On a busy machine a controller may rest for longer than it takes to believe that it is done.
  for (const deadline = Date.now() + patience; ;) {
    const [ofReal, ofOurs] = await Promise.all(sides.map(({ client }) => settled(client, namespace)));
    const differences = findDifferences(ofReal, ofOurs);
    if (differences.length === 0 || Date.now() > deadline) return differences;
  }
}

/** Milliseconds in which a difference may go away by itself. */
const patience = 90_000;

/** The state once it has been the same for a while. */
async function settled(client: KubeClient, namespace: string): Promise<unknown> {
  let before = "";
  for (let same = 0; ;) {
    const state = await endState(client, namespace);
    const text = JSON.stringify(state);
    same = text === before ? same + 1 : 0;
    if (same >= 4) return state;
    before = text;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}
