import type { PodSpec, Toleration } from "../kinds/shapes.ts";
import { isCore, type AdmissionPlugin } from "./AdmissionRequest.ts";

/** Five minutes on a node that does not answer, unless the pod says otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  mutate(request) {
    if (!isCore(request, "pods")) return;
    const spec = (request.object.spec ??= {}) as PodSpec;
    const given = spec.tolerations ?? [];
    const added = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
      .filter((key) => !given.some((one) => toleratesNoExecute(one, key)))
      .map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }));
    if (added.length > 0) spec.tolerations = [...given, ...added];
  },
};

const toleratesNoExecute = (one: Toleration, key: string): boolean =>
  (one.key === key || !one.key) && (one.effect === "NoExecute" || !one.effect);
