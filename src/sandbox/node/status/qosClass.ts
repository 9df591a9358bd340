import { quantityValue } from "../../../contract/index.ts";
import type { Pod } from "../Pod.ts";

/** k8s.io/kubernetes/pkg/apis/core/v1/helper/qos: by the requests and limits of CPU and memory of all containers. */
export function qosClassOf(pod: Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const names = ["cpu", "memory"] as const;
  const amount = (of: Record<string, string | number> | undefined, name: string): number =>
    of?.[name] === undefined ? 0 : quantityValue(of[name]);
  const any = containers.some(({ resources }) =>
    names.some((name) => amount(resources?.limits, name) > 0 || amount(resources?.requests, name) > 0),
  );
  if (!any) return "BestEffort";
  const guaranteed = containers.every(({ resources }) =>
    names.every((name) => {
      const limit = amount(resources?.limits, name);
      const request = resources?.requests?.[name] === undefined ? limit : amount(resources.requests, name);
      return limit > 0 && request === limit;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
