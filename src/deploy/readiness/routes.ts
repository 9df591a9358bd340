import type { KubeObject } from "../../contract/index.ts";
import { failed, ready, specOf, statusOf, waiting, type Condition, type ReadinessRule } from "./Readiness.ts";

/**
 * An Ingress has no condition that says that it is admitted; some controllers never write its address. So its address is told by `status`, and it is ready once it is there.
 */
export const ingressReadiness: ReadinessRule = () => ready;

interface RouteStatus {
  readonly host?: string;
  readonly routerName?: string;
  readonly conditions?: Condition[];
}

/** OpenShift: admitted by every router that has seen it. A refusal (a host that another namespace claims) does not recover. */
export const routeReadiness: ReadinessRule = (object) => {
  const routers = (statusOf(object)["ingress"] as RouteStatus[] | undefined) ?? [];
  const admitted = routers.map((router) => router.conditions?.find((one) => one.type === "Admitted"));
  const refused = admitted.find((condition) => condition?.status === "False");
  if (refused !== undefined)
    return failed(refused.reason ?? "NotAdmitted", refused.message ?? "the router refused it");
  return admitted.some((condition) => condition?.status === "True")
    ? ready
    : waiting("not yet admitted by a router");
};

interface ParentStatus {
  readonly conditions?: Condition[];
}

/** Gateway API: accepted, and its references resolved, by every parent of the generation. */
export const httpRouteReadiness: ReadinessRule = (object) => {
  const parents = (statusOf(object)["parents"] as ParentStatus[] | undefined) ?? [];
  const expected = (specOf(object)["parentRefs"] as unknown[] | undefined)?.length ?? 1;
  if (parents.length < expected) return waiting(`accepted by ${parents.length} of ${expected} gateways`);
  for (const type of ["Accepted", "ResolvedRefs"]) {
    for (const parent of parents) {
      const condition = parent.conditions?.find((one) => one.type === type);
      const current = (condition?.observedGeneration ?? 0) >= (object.metadata.generation ?? 0);
      if (condition === undefined || !current) return waiting(`its ${type} is not known yet`);
      // A backend that is missing now may come; being refused by the listener does not change by itself.
      if (condition.status === "False" && condition.reason === "BackendNotFound")
        return waiting(condition.message ?? "backend not found");
      if (condition.status === "False")
        return failed(condition.reason ?? type, condition.message ?? `${type} is False`);
    }
  }
  return ready;
};

/** What exposes something, by the address that it got. */
export function addressOf(object: KubeObject): string | undefined {
  const balancer = statusOf(object)["loadBalancer"] as
    | { ingress?: { ip?: string; hostname?: string }[] }
    | undefined;
  const first = balancer?.ingress?.[0];
  return first?.hostname ?? first?.ip;
}
