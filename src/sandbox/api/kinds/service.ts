import { isIP } from "node:net";
import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, duplicate, forbidden, invalid, required } from "../schema/FieldError.ts";
import { nameProblems, supported, validatePort } from "./fieldRules.ts";
import { type KindStrategy, type WriteContext, strategy } from "./KindStrategy.ts";
import { validateLabels } from "./metadata.ts";
import { labelName, portName, subdomainName } from "./names.ts";
import { allocateNodePorts, anyNodePort, changeNodePorts, isExternal, keepNodePorts } from "./nodePorts.ts";
import { isOfOthers, validateFamilies, validateTraffic } from "./serviceTraffic.ts";
import type { ServicePort, ServiceSpec } from "./serviceShape.ts";

const specOf = (object: KubeObject): ServiceSpec => (object["spec"] ??= {});

export const service: KindStrategy = strategy({
  name: labelName,
  allowCreateOnUpdate: true,
  changesFirst: true,
  defaults(object) {
    const spec = specOf(object);
    spec.sessionAffinity ||= "None";
    if (spec.sessionAffinity === "ClientIP")
      ((spec.sessionAffinityConfig ??= {}).clientIP ??= {}).timeoutSeconds ??= 10_800;
    if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
    spec.type ||= "ClusterIP";
    for (const port of spec.ports ?? []) {
      port.protocol ??= "TCP";
      port.targetPort ||= port.port ?? 0;
    }
    if (isExternal(spec)) spec.externalTrafficPolicy ||= "Cluster";
    if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
    if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
    const status = (object["status"] ??= {}) as { loadBalancer?: unknown };
    status.loadBalancer ??= {};
    for (const address of (status.loadBalancer as { ingress?: { ip?: string; ipMode?: string }[] }).ingress ??
      [])
      if (address.ip) address.ipMode ??= "VIP";
  },
  prepareForCreate(object, context) {
    const spec = specOf(object);
    allocate(spec, context);
    if (isExternal(spec)) allocateNodePorts(spec, context);
  },
  prepareForUpdate(next, live, context) {
    const spec = specOf(next);
    const was = specOf(live);
    // What belongs to the old type goes with it, unless the client changed it too.
    if (spec.type === "ExternalName") {
      if (was.type === "ExternalName") return;
      for (const field of [
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
      ] as const) {
        if (sameJson(spec[field], was[field])) delete spec[field];
      }
      return;
    }
    // What a client leaves out stays as it was: most send what they made, not what they read.
    if (was.type !== "ExternalName") {
      spec.clusterIP ||= was.clusterIP;
      if (spec.clusterIP === was.clusterIP) spec.clusterIPs ??= was.clusterIPs;
      spec.ipFamilies ??= was.ipFamilies;
      spec.ipFamilyPolicy ??= was.ipFamilyPolicy;
    }
    if (!isExternal(spec) && isExternal(was) && spec.externalTrafficPolicy === was.externalTrafficPolicy) {
      delete spec.externalTrafficPolicy;
    }
    if (
      spec.type !== "LoadBalancer" &&
      was.type === "LoadBalancer" &&
      spec.allocateLoadBalancerNodePorts === was.allocateLoadBalancerNodePorts
    ) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (isExternal(was)) keepNodePorts(spec, was);
    allocate(spec, context);
    if (isExternal(spec)) changeNodePorts(spec, was, context);
  },
  validate(object, errors) {
    validateService(specOf(object), errors);
  },
  validateCreate(object, errors) {
    const { type, clusterIP, clusterIPs } = specOf(object);
    validateFamilies(specOf(object), errors);
    if (type === "ExternalName" || !clusterIP || isIP(clusterIP) !== 4 || clusterIP.startsWith("10.96."))
      return;
    errors.push(
      invalid(
        "spec.clusterIPs",
        clusterIPs,
        `failed to allocate IP ${clusterIP}: the provided network does not match the current range`,
      ),
    );
  },
  validateUpdate(next, live, errors) {
    const is = specOf(next);
    const was = specOf(live);
    if (was.type === "ExternalName" || is.type === "ExternalName") return;
    if (was.clusterIP && is.clusterIP !== was.clusterIP) {
      errors.push(invalid("spec.clusterIPs[0]", is.clusterIPs ?? [is.clusterIP], "may not change once set"));
    }
  },
});

function allocate(spec: ServiceSpec, context: WriteContext): void {
  if (spec.type === "ExternalName") return;
  if (spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local")
    spec.healthCheckNodePort ||= anyNodePort(spec, context);
  else delete spec.healthCheckNodePort;
  const both = isOfOthers(spec) && spec.ipFamilyPolicy === undefined;
  spec.ipFamilies ??= both ? ["IPv4", "IPv6"] : ["IPv4"];
  spec.ipFamilyPolicy ??= both ? "RequireDualStack" : "SingleStack";
  if (!spec.clusterIP) {
    const wanted = spec.clusterIPs?.[0];
    const address = wanted === "None" ? wanted : context.allocateClusterIP?.(wanted);
    if (address !== undefined) spec.clusterIP = address;
  }
  if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
}

function validateService(spec: ServiceSpec, errors: FieldError[]): void {
  supported(spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], "spec.type", errors);
  supported(spec.sessionAffinity, ["ClientIP", "None"], "spec.sessionAffinity", errors);
  const headless = spec.clusterIP === "None";
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !headless && spec.type !== "ExternalName") errors.push(required("spec.ports"));
  if (headless && isExternal(spec)) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.clusterIP && !headless && isIP(spec.clusterIP) === 0) {
    errors.push(
      invalid(
        "spec.clusterIPs[0]",
        spec.clusterIP,
        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
      ),
    );
  }
  if (spec.type === "ExternalName") {
    if (spec.clusterIP)
      errors.push(forbidden("spec.clusterIP", "may not be set when `type` is 'ExternalName'"));
    const host = (spec.externalName ?? "").replace(/\.$/, "");
    if (host === "") errors.push(required("spec.externalName"));
    else nameProblems(subdomainName, host, "spec.externalName", errors);
  }
  if (spec.externalTrafficPolicy && !isExternal(spec)) {
    const detail = "may only be set for externally-accessible services";
    errors.push(invalid("spec.externalTrafficPolicy", spec.externalTrafficPolicy, detail));
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== "LoadBalancer") {
    errors.push(
      forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'"),
    );
  }
  validateLabels(spec.selector, "spec.selector", errors);
  validatePorts(ports, errors);
  validateTraffic(spec, isExternal(spec), errors);
  if (spec.type !== "ClusterIP") return;
  ports.forEach(({ nodePort }, i) => {
    if (nodePort)
      errors.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
}

function validatePorts(ports: readonly ServicePort[], errors: FieldError[]): void {
  const names = new Set<string>();
  const seen = new Set<string>();
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    if (!port.name) {
      if (ports.length > 1) errors.push(required(`${at}.name`));
    } else {
      nameProblems(labelName, port.name, `${at}.name`, errors);
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    validatePort(port.port ?? 0, `${at}.port`, errors);
    supported(port.protocol, ["SCTP", "TCP", "UDP"], `${at}.protocol`, errors);
    if (typeof port.targetPort === "number") validatePort(port.targetPort, `${at}.targetPort`, errors);
    else if (typeof port.targetPort === "string")
      nameProblems(portName, port.targetPort, `${at}.targetPort`, errors);
    const id = `${port.protocol}/${port.port}`;
    if (seen.has(id)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    seen.add(id);
  });
}
