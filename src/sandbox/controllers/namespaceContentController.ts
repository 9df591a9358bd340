import type { KubeObject } from "../../contract/index.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../kube/KubeError.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Controller } from "./runtime/Controller.ts";

const byNamespace = (object: KubeObject): string[] => [object.metadata.namespace!];

const description = "kubernetes.io/description";
const about =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Gives every namespace its `default` service account and `kube-root-ca.crt`. */
export const namespaceContentController: Controller = {
  name: "namespace-content-controller",
  watches: [
    { apiVersion: "v1", kind: "Namespace" },
    { apiVersion: "v1", kind: "ServiceAccount", keys: byNamespace },
    { apiVersion: "v1", kind: "ConfigMap", keys: byNamespace },
  ],
  async reconcile(name, context) {
    const namespace = context.store("v1", "Namespace").get(name);
    if (namespace === undefined || isTerminating(namespace)) return;
    const ensure = async (object: KubeObject): Promise<void> => {
      await context.write.create(object).catch((error: unknown) => {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      });
    };
    if (!context.store("v1", "ServiceAccount").get(`${name}/default`))
      await ensure({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", namespace: name },
      });
    const { rootCa } = context.options;
    if (rootCa === undefined) return;
    const map = context
      .store<KubeObject & { data?: Record<string, string> }>("v1", "ConfigMap")
      .get(`${name}/kube-root-ca.crt`);
    if (map === undefined)
      await ensure({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "kube-root-ca.crt", namespace: name, annotations: { [description]: about } },
        data: { "ca.crt": rootCa },
      });
    else if (map.data?.["ca.crt"] !== rootCa)
      await context.write.patch(map, "merge", { data: { "ca.crt": rootCa } });
  },
};
