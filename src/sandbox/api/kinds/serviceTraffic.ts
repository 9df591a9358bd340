import { isIP } from "node:net";
import { type FieldError, forbidden, invalid, notSupported } from "../schema/FieldError.ts";
import { nameProblems, supported } from "./fieldRules.ts";
import { qualifiedName } from "./names.ts";
import { NO_ADDRESS } from "./podNetworkValidation.ts";
import type { ServiceSpec } from "./serviceShape.ts";

/** By which ways a Service is reached, of those that this cluster has: one family of addresses. (core/validation, ValidateService) */
export function validateTraffic(spec: ServiceSpec, external: boolean, errors: FieldError[]): void {
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === "ClientIP" && seconds !== undefined && (seconds <= 0 || seconds > 86_400))
    errors.push(
      invalid(
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
        seconds,
        "must be greater than 0 and less than 86400",
      ),
    );
  spec.externalIPs?.forEach((address, i) => {
    const field = `spec.externalIPs[${i}]`;
    if (isIP(address) === 0) errors.push(invalid(field, address, NO_ADDRESS));
    else if (address.startsWith("127.") || address === "::1")
      errors.push(invalid(field, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  });
  spec.ports?.forEach(({ appProtocol }, i) => {
    if (appProtocol) nameProblems(qualifiedName, appProtocol, `spec.ports[${i}].appProtocol`, errors);
  });
  const ways = ["Cluster", "Local"];
  if (external) supported(spec.externalTrafficPolicy, ways, "spec.externalTrafficPolicy", errors);
  supported(spec.internalTrafficPolicy, ways, "spec.internalTrafficPolicy", errors);
  if (spec.loadBalancerClass !== undefined && spec.type !== "LoadBalancer")
    errors.push(forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"));
  // Not sorted, unlike the others.
  const near = ["PreferClose", "PreferSameZone", "PreferSameNode"];
  if (spec.trafficDistribution && !near.includes(spec.trafficDistribution))
    errors.push(notSupported("spec.trafficDistribution", spec.trafficDistribution, near));
}

/** Of a new Service: what is asked of families of addresses has to be there. */
export function validateFamilies(spec: ServiceSpec, errors: FieldError[]): void {
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  // Nobody gives it addresses but those who write its endpoints.
  if (isOfOthers(spec) || spec.type === "ExternalName") return;
  ipFamilies.forEach((family, i) => {
    if (family !== "IPv4" && family !== "IPv6")
      errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]));
    else if (family === "IPv6")
      errors.push(invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"));
  });
  if (ipFamilyPolicy === "RequireDualStack")
    errors.push(
      invalid(
        "spec.ipFamilyPolicy",
        ipFamilyPolicy,
        "this cluster is not configured for dual-stack services",
      ),
    );
}

/** No address, and no pods that it finds itself. */
export const isOfOthers = ({ clusterIP, selector = {} }: ServiceSpec): boolean =>
  clusterIP === "None" && Object.keys(selector).length === 0;
