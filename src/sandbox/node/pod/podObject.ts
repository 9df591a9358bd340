import { devAnnotations } from "../../../contract/index.ts";
import { isConflict, isNotFound } from "../../../kube/KubeError.ts";
import type { NodeContext } from "../NodeContext.ts";
import { keyOf, type Pod } from "../Pod.ts";

const refOf = ({ metadata: { name = "", namespace } }: Pod) => ({
  apiVersion: "v1",
  kind: "Pod",
  name,
  namespace,
});

/** Writes where a pod is reached into its annotation; resolves when it is known there, when the pod is gone, or when the signal fires. */
export async function announcePorts(
  node: NodeContext,
  pod: Pod,
  ports: ReadonlyMap<number, number>,
  signal: AbortSignal,
): Promise<void> {
  const { uid, annotations } = pod.metadata;
  const text = JSON.stringify(Object.fromEntries(ports));
  if (ports.size === 0 || annotations?.[devAnnotations.ports] === text) return;
  while (!signal.aborted) {
    try {
      await node.client.patch(refOf(pod), "merge", {
        metadata: { uid, annotations: { [devAnnotations.ports]: text } },
      });
      return;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      node.log(`ports of pod ${keyOf(pod)} not written: ${String(error)}`);
      await node.clock.sleep(500, signal).catch(() => undefined);
    }
  }
}

/** The processes are gone: so may be the object. Finalizers may still hold it. */
export async function deletePod(node: NodeContext, pod: Pod): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      await node.client.delete(refOf(pod), { gracePeriodSeconds: 0, uid: pod.metadata.uid });
      return;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      node.log(`pod ${keyOf(pod)} not deleted: ${String(error)}`);
      await node.clock.sleep(500).catch(() => undefined);
    }
  }
}
