import { BlockList, isIP } from "node:net";
import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { nameProblems, validatePort } from "./fieldRules.ts";
import { validateSelector } from "./labelSelectors.ts";
import { portName } from "./names.ts";
import type { LabelSelector } from "./shapes.ts";

interface PolicyPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr?: string; except?: string[] };
}

export interface PolicySpec {
  podSelector?: LabelSelector;
  policyTypes?: string[];
  ingress?: { ports?: PolicyPort[]; from?: Peer[] }[];
  egress?: { ports?: PolicyPort[]; to?: Peer[] }[];
}

/** What is wrong with a NetworkPolicy. (pkg/apis/networking/validation, ValidateNetworkPolicySpec) */
export function validatePolicy(spec: PolicySpec, errors: FieldError[]): void {
  validateSelector(spec.podSelector ?? {}, "spec.podSelector", errors);
  spec.ingress?.forEach(({ ports, from }, i) => {
    validatePorts(ports, `spec.ingress[${i}].ports`, errors);
    validatePeers(from, `spec.ingress[${i}].from`, errors);
  });
  spec.egress?.forEach(({ ports, to }, i) => {
    validatePorts(ports, `spec.egress[${i}].ports`, errors);
    validatePeers(to, `spec.egress[${i}].to`, errors);
  });
  const { policyTypes = [] } = spec;
  // Not sorted, unlike the others.
  const types = ["Ingress", "Egress"];
  if (policyTypes.length > types.length) {
    errors.push(invalid("spec.policyTypes", policyTypes, "may not specify more than two policyTypes"));
    return;
  }
  policyTypes.forEach((type, i) => {
    if (!types.includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, types));
  });
}

function validatePorts(ports: readonly PolicyPort[] = [], path: string, errors: FieldError[]): void {
  // Not sorted, unlike the others.
  const protocols = ["TCP", "UDP", "SCTP"];
  ports.forEach(({ protocol, port, endPort }, i) => {
    const at = `${path}[${i}]`;
    if (protocol !== undefined && !protocols.includes(protocol))
      errors.push(notSupported(`${at}.protocol`, protocol, protocols));
    if (typeof port === "number") {
      validatePort(port, `${at}.port`, errors);
      if (endPort === undefined) return;
      if (endPort < port)
        errors.push(invalid(`${at}.endPort`, port, "must be greater than or equal to `port`"));
      validatePort(endPort, `${at}.endPort`, errors);
    } else {
      const what = port === undefined ? "not specified" : "non-numeric";
      if (endPort !== undefined)
        errors.push(invalid(`${at}.endPort`, endPort, `may not be specified when \`port\` is ${what}`));
      if (port !== undefined) nameProblems(portName, port, `${at}.port`, errors);
    }
  });
}

function validatePeers(peers: readonly Peer[] = [], path: string, errors: FieldError[]): void {
  peers.forEach(({ podSelector, namespaceSelector, ipBlock }, i) => {
    const at = `${path}[${i}]`;
    if (podSelector !== undefined) validateSelector(podSelector, `${at}.podSelector`, errors);
    if (namespaceSelector !== undefined)
      validateSelector(namespaceSelector, `${at}.namespaceSelector`, errors);
    if (ipBlock !== undefined) validateBlock(ipBlock, `${at}.ipBlock`, errors);
    const others = podSelector !== undefined || namespaceSelector !== undefined;
    if (!others && ipBlock === undefined) errors.push(required(at, "must specify a peer"));
    if (others && ipBlock !== undefined)
      errors.push(forbidden(at, "may not specify both ipBlock and another peer"));
  });
}

function validateBlock(
  { cidr = "", except = [] }: NonNullable<Peer["ipBlock"]>,
  path: string,
  errors: FieldError[],
): void {
  if (cidr === "") {
    errors.push(required(`${path}.cidr`));
    return;
  }
  const block = validateRange(cidr, `${path}.cidr`, errors);
  if (block === undefined) return;
  const all = new BlockList();
  all.addSubnet(block.address, block.bits, block.family);
  except.forEach((text, i) => {
    const field = `${path}.except[${i}]`;
    const part = validateRange(text, field, errors);
    if (part === undefined) return;
    if (block.bits >= part.bits || !all.check(part.address, part.family))
      errors.push(invalid(field, text, "must be a strict subset of `cidr`"));
  });
}

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** `10.0.0.0/8`: with nothing set beyond its prefix. */
function validateRange(text: string, field: string, errors: FieldError[]): Range | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const version = isIP(address);
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  if (version === 0 || more.length > 0 || bits > (version === 4 ? 32 : 128)) {
    errors.push(invalid(field, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
    return undefined;
  }
  if (version === 4) {
    const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    if (number % 2 ** (32 - bits) !== 0)
      errors.push(invalid(field, text, "must not have bits set beyond the prefix length"));
  }
  return { address, bits, family: version === 4 ? "ipv4" : "ipv6" };
}
