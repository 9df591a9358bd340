import { ready, specOf, statusOf, waiting, type ReadinessRule } from "./Readiness.ts";

/** Of type LoadBalancer: an address. Every other one is ready once it is there. */
export const serviceReadiness: ReadinessRule = (object) => {
  if (specOf(object)["type"] !== "LoadBalancer") return ready;
  const ingress = (statusOf(object)["loadBalancer"] as { ingress?: unknown[] } | undefined)?.ingress ?? [];
  return ingress.length > 0 ? ready : waiting("no address from the load balancer yet");
};
