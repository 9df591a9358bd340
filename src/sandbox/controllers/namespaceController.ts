import type { KubeObject } from "../../contract/index.ts";
import { isNotFound, kubeErrorOf } from "../../kube/KubeError.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Condition } from "./objects/Condition.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";
import { refOf } from "./runtime/Writer.ts";

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
}

/** Empties a namespace that is being deleted, then lets it go. */
export const namespaceController: Controller = {
  name: "namespace-controller",
  watches: [{ apiVersion: "v1", kind: "Namespace" }],
  async reconcile(name, context) {
    const namespace = context.store<Namespace>("v1", "Namespace").get(name);
    if (namespace === undefined || !isTerminating(namespace)) return undefined;
    if (!(namespace.spec?.finalizers ?? []).includes("kubernetes")) return undefined;
    const left = await empty(name, context);
    if (left.length > 0) {
      await say(namespace, left, context);
      return 200;
    }
    await finalize(namespace, context);
    return undefined;
  },
};

/** Deletes what is in a namespace; what is left, as `kind/name`. */
async function empty(namespace: string, context: ControllerContext): Promise<string[]> {
  const left: string[] = [];
  context.client.forgetDiscovery();
  for (const kind of await context.client.kinds()) {
    if (!kind.namespaced || !kind.verbs.includes("list") || !kind.verbs.includes("delete")) continue;
    const { items } = await context.client.list(kind, { namespace, signal: context.signal });
    for (const item of items) {
      const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
      const object = { ...item, apiVersion, kind: kind.kind };
      if (!isTerminating(object))
        await context.client
          .delete(refOf(object), { uid: object.metadata.uid, propagation: "Background" })
          .catch(ignoreGone);
    }
    // Most of it is gone at once; what is not has finalizers, or takes its time.
    if (items.length === 0 || kind.kind === "Event") continue;
    const { items: kept } = await context.client.list(kind, { namespace, signal: context.signal });
    left.push(...kept.map(({ metadata }) => `${kind.plural}/${metadata.name}`));
  }
  return left;
}

const ignoreGone = (error: unknown): void => {
  if (!isNotFound(error)) throw error;
};

async function say(namespace: Namespace, left: readonly string[], context: ControllerContext): Promise<void> {
  const condition: Condition = {
    type: "NamespaceContentRemaining",
    status: "True",
    reason: "SomeResourcesRemain",
    message: `Some resources are remaining: ${left.slice(0, 10).join(", ")}${left.length > 10 ? " and more" : ""}`,
  };
  const before = namespace.status?.conditions?.find((entry) => entry.type === condition.type);
  if (before?.message === condition.message) return;
  const lastTransitionTime = before?.lastTransitionTime ?? context.now();
  const status = {
    ...namespace.status,
    phase: "Terminating",
    conditions: [{ ...condition, lastTransitionTime }],
  };
  if (!isEqual(status, namespace.status)) await context.write.replaceStatus(namespace, status);
}

async function finalize(namespace: Namespace, context: ControllerContext): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((entry) => entry !== "kubernetes");
  context.signal.throwIfAborted();
  const request = {
    method: "PUT" as const,
    path: `/api/v1/namespaces/${namespace.metadata.name}/finalize`,
    body: { ...namespace, spec: { ...namespace.spec, finalizers } },
  };
  const response = await context.client.transport.send(request);
  if (response.status < 300) return void (await response.text());
  const error = await kubeErrorOf(request, response);
  if (!isNotFound(error)) throw error;
}
