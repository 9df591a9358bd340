import type { Container, PodSpec } from "../kinds/shapes.ts";
import { largest, masked, sum, type Amounts } from "./amounts.ts";

type Sort = "requests" | "limits";

/**
 * What a pod needs at a time: its containers and those that run beside them together, or the largest of the containers that come before;
 * what the pod as a whole says of cpu and memory counts instead. (component-helpers, resource.PodRequests)
 */
export function podAmounts(spec: PodSpec & { resources?: Container["resources"] }, sort: Sort): Amounts {
  const of = (container: Container): Amounts => container.resources?.[sort] ?? {};
  let total = sum(...(spec.containers ?? []).map(of));
  let beside: Amounts = {};
  let before: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === "Always") {
      total = sum(total, own);
      beside = sum(beside, own);
      before = largest(before, beside);
    } else before = largest(before, sum(own, beside));
  }
  return { ...largest(total, before), ...masked(spec.resources?.[sort] ?? {}, ["cpu", "memory"]) };
}
