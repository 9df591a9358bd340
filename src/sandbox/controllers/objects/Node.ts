import type { KubeObject } from "../../../contract/index.ts";
import type { Condition } from "./Condition.ts";
import { meets } from "../../LabelSelector.ts";
import type { PodSpec, Toleration } from "./Pod.ts";

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { allocatable?: Record<string, string | number>; conditions?: Condition[] };
}
/** Why a pod must not run on a node, whatever room it has: its own selector or affinity, or the node's taints. */
export function refusalByRules(node: Node, spec: PodSpec): string | undefined {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const fields = { "metadata.name": node.metadata.name! };
  const fits =
    terms === undefined ||
    terms.some(
      (term) =>
        (term.matchExpressions ?? []).every((wanted) => meets(wanted, labels)) &&
        (term.matchFields ?? []).every((wanted) => meets(wanted, fields)),
    );
  if (!selected || !fits) return "node(s) didn't match Pod's node affinity/selector";
  const taint = (node.spec?.taints ?? []).find(
    (entry) =>
      entry.effect !== "PreferNoSchedule" && !(spec.tolerations ?? []).some((one) => tolerates(one, entry)),
  );
  if (taint) return `node(s) had untolerated taint(s)`;
  return undefined;
}

const tolerates = (toleration: Toleration, taint: { key: string; value?: string; effect: string }): boolean =>
  (!toleration.effect || toleration.effect === taint.effect) &&
  (!toleration.key || toleration.key === taint.key) &&
  (toleration.operator === "Exists" || (toleration.value ?? "") === (taint.value ?? ""));
