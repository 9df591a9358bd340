import type { KubeObject } from "../../src/contract/index.ts";
import type { KubeClient, Transport } from "../../src/kube/index.ts";

/** The status that a controller would write in the end. */
function statusOf(object: KubeObject): Record<string, unknown> | undefined {
  const observedGeneration = object.metadata.generation ?? 1;
  const now = "2026-01-01T00:00:00Z";
  switch (object.kind) {
    case "Deployment":
      return { observedGeneration, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    case "Job": {
      const condition = (type: string) => ({
        type,
        status: "True",
        lastTransitionTime: now,
        lastProbeTime: now,
      });
      return {
        startTime: now,
        completionTime: now,
        succeeded: 1,
        conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
      };
    }
    case "PersistentVolumeClaim":
      return { phase: "Bound" };
    default:
      return undefined;
  }
}

/**
 * A transport to a server without controllers, whose workloads are done as soon as they are written: before the writer hears of its write, the status is there. So no test waits, and all see
 * the same order.
 */
export function withPlayedControllers(inner: Transport, controller: KubeClient): Transport {
  return {
    async send(request) {
      const response = await inner.send(request);
      const isWrite = request.method === "PATCH" || request.method === "POST";
      if (!isWrite || response.status > 201 || request.query?.["dryRun"] !== undefined) return response;
      const written = (await response.json()) as KubeObject;
      const status = statusOf(written);
      if (status !== undefined && request.path.split("/").at(-1) !== "status") {
        const { apiVersion, kind, metadata } = written;
        const ref = { apiVersion, kind, name: metadata.name ?? "", namespace: metadata.namespace };
        await controller.patch(ref, "merge", { status }, { subresource: "status" });
      }
      return { ...response, json: async () => written, text: async () => JSON.stringify(written) };
    },
    close: () => inner.close(),
  };
}
