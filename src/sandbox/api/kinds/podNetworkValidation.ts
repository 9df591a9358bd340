import { isIP } from "node:net";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { nameProblems } from "./fieldRules.ts";
import { subdomainName } from "./names.ts";
import type { PodSpec } from "./shapes.ts";

// How a pod finds others. (core/validation, validatePodDNSConfig and those beside it)

export const NO_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/** In the host's network a container has the host's ports. */
export function validateHostPorts(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.hostNetwork !== true) return;
  spec.containers?.forEach(({ ports = [] }, i) =>
    ports.forEach(({ hostPort, containerPort }, j) => {
      if (hostPort && hostPort !== containerPort)
        errors.push(
          invalid(
            `${path}.containers[${i}].ports[${j}].hostPort`,
            hostPort,
            "must match `containerPort` when `hostNetwork` is true",
          ),
        );
    }),
  );
}

export function validateDnsPolicy(spec: PodSpec, path: string, errors: FieldError[]): void {
  // Not sorted, unlike the others.
  const policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
  if (spec.dnsPolicy !== undefined && !policies.includes(spec.dnsPolicy))
    errors.push(notSupported(`${path}.dnsPolicy`, spec.dnsPolicy, policies));
}

export function validateDns(spec: PodSpec, path: string, errors: FieldError[]): void {
  const config = spec.dnsConfig;
  const at = `${path}.dnsConfig`;
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  if (spec.dnsPolicy === "None" && config === undefined) {
    errors.push(required(at, "must provide `dnsConfig` when `dnsPolicy` is None"));
    return;
  }
  if (spec.dnsPolicy === "None" && nameservers.length === 0) {
    errors.push(
      required(`${at}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None"),
    );
    return;
  }
  if (nameservers.length > 3)
    errors.push(invalid(`${at}.nameservers`, nameservers, "must not have more than 3 nameservers"));
  nameservers.forEach((address, i) => validateAddress(address, `${at}.nameservers[${i}]`, errors));
  if (searches.length > 32)
    errors.push(invalid(`${at}.searches`, searches, "must not have more than 32 search paths"));
  options.forEach(({ name }, i) => {
    if (!name) errors.push(required(`${at}.options[${i}]`, "must not be empty"));
  });
}

export function validateHostAliases(spec: PodSpec, path: string, errors: FieldError[]): void {
  spec.hostAliases?.forEach(({ ip = "", hostnames = [] }, i) => {
    validateAddress(ip, `${path}.hostAliases[${i}].ip`, errors);
    hostnames.forEach((name, j) =>
      nameProblems(subdomainName, name, `${path}.hostAliases[${i}].hostnames[${j}]`, errors),
    );
  });
}

function validateAddress(address: string, field: string, errors: FieldError[]): void {
  if (isIP(address) === 0) errors.push(invalid(field, address, NO_ADDRESS));
}
