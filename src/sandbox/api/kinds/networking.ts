import { isIP } from "node:net";
import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid, required } from "../schema/FieldError.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { portName, subdomainName, wildcardName } from "./names.ts";
import { nameProblems, supported, validatePort } from "./fieldRules.ts";
import { type ScalerSpec, validateScaler } from "./autoscalerValidation.ts";
import { validateSelector } from "./labelSelectors.ts";
import { type PolicySpec, validatePolicy } from "./networkPolicyValidation.ts";
import { validateIntOrPercent, validateNotMoreThanAll } from "./selectors.ts";
import type { LabelSelector } from "./shapes.ts";

interface Backend {
  service?: { name?: string; port?: { name?: string; number?: number } };
  resource?: { kind?: string; name?: string };
}

interface IngressSpec {
  ingressClassName?: string;
  defaultBackend?: Backend;
  tls?: { hosts?: string[]; secretName?: string }[];
  rules?: { host?: string; http?: { paths?: { path?: string; pathType?: string; backend?: Backend }[] } }[];
}

/** networking.k8s.io/v1 Ingress. */
export const ingress: KindStrategy = strategy({
  hasGeneration: true,
  defaults(object) {
    object["spec"] ??= {};
    const status = (object["status"] ??= {}) as { loadBalancer?: unknown };
    status.loadBalancer ??= {};
  },
  validate(object, errors) {
    const spec = object["spec"] as IngressSpec;
    if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined) {
      errors.push(invalid("spec", spec, "either `defaultBackend` or `rules` must be specified"));
    }
    if (spec.defaultBackend) validateBackend(spec.defaultBackend, "spec.defaultBackend", errors);
    spec.rules?.forEach((rule, i) => validateRule(rule, `spec.rules[${i}]`, errors));
    spec.tls?.forEach((tls, i) => {
      tls.hosts?.forEach((host, j) => validateHost(host, `spec.tls[${i}].hosts[${j}]`, errors));
      if (tls.secretName) nameProblems(subdomainName, tls.secretName, `spec.tls[${i}].secretName`, errors);
    });
    if (spec.ingressClassName)
      nameProblems(subdomainName, spec.ingressClassName, "spec.ingressClassName", errors);
  },
});

function validateHost(host: string, field: string, errors: FieldError[]): void {
  nameProblems(host.includes("*") ? wildcardName : subdomainName, host, field, errors);
}

function validateRule(
  rule: NonNullable<IngressSpec["rules"]>[number],
  path: string,
  errors: FieldError[],
): void {
  // Of certificates it may be one.
  if (rule.host && isIP(rule.host) !== 0)
    errors.push(invalid(`${path}.host`, rule.host, "must be a DNS name, not an IP address"));
  if (rule.host) validateHost(rule.host, `${path}.host`, errors);
  if (rule.http === undefined) return;
  const paths = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  paths.forEach((one, i) => {
    const at = `${path}.http.paths[${i}]`;
    if (one.pathType === undefined) errors.push(required(`${at}.pathType`, "pathType must be specified"));
    else supported(one.pathType, ["Exact", "ImplementationSpecific", "Prefix"], `${at}.pathType`, errors);
    const text = one.path ?? "";
    if (one.pathType === "Exact" || one.pathType === "Prefix") {
      if (!text.startsWith("/")) errors.push(invalid(`${at}.path`, text, "must be an absolute path"));
      for (const part of ["//", "/./", "/../", "%2f", "%2F"])
        if (text.includes(part)) errors.push(invalid(`${at}.path`, text, `must not contain '${part}'`));
      for (const part of ["/..", "/."])
        if (text.endsWith(part)) errors.push(invalid(`${at}.path`, text, `cannot end with '${part}'`));
    } else if (text !== "" && !text.startsWith("/"))
      errors.push(invalid(`${at}.path`, text, "must be an absolute path"));
    validateBackend(one.backend ?? {}, `${at}.backend`, errors);
  });
}

function validateBackend(backend: Backend, path: string, errors: FieldError[]): void {
  const { service, resource } = backend;
  if (resource !== undefined && service !== undefined) {
    errors.push(invalid(path, "", "cannot set both resource and service backends"));
    return;
  }
  if (resource !== undefined) return;
  if (service === undefined) {
    errors.push(invalid(path, "", "resource or service backend is required"));
    return;
  }
  if (!service.name) errors.push(required(`${path}.service.name`));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(path, "", "cannot set both port name & port number"));
  else if (name) nameProblems(portName, name, `${path}.service.port.name`, errors);
  else if (number) validatePort(number, `${path}.service.port.number`, errors);
  else errors.push(required(path, "port name or number is required"));
}

const controllerOf = (object: KubeObject): unknown =>
  (object["spec"] as { controller?: string } | undefined)?.controller;

/** networking.k8s.io/v1 IngressClass. */
export const ingressClass: KindStrategy = strategy({
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  defaults(object) {
    const spec = (object["spec"] ?? {}) as { parameters?: { scope?: string } };
    if (spec.parameters) spec.parameters.scope ??= "Cluster";
  },
  validate(object, errors) {
    const spec = (object["spec"] ?? {}) as { controller?: string };
    if (!spec.controller) errors.push(required("spec.controller"));
  },
  validateUpdate(next, live, errors) {
    if (controllerOf(next) !== controllerOf(live))
      errors.push(invalid("spec.controller", controllerOf(next), "field is immutable"));
  },
});

/** networking.k8s.io/v1 NetworkPolicy. */
export const networkPolicy: KindStrategy = strategy({
  hasStatus: false,
  hasGeneration: true,
  defaults(object) {
    const spec = (object["spec"] ??= {}) as PolicySpec;
    spec.podSelector ??= {};
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) port.protocol ??= "TCP";
    if ((spec.policyTypes ?? []).length === 0)
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
  validate(object, errors) {
    validatePolicy(object["spec"] ?? {}, errors);
  },
});

interface BudgetSpec {
  minAvailable?: number | string;
  maxUnavailable?: number | string;
  unhealthyPodEvictionPolicy?: string;
  selector?: LabelSelector;
}

/** policy/v1 PodDisruptionBudget. */
export const podDisruptionBudget: KindStrategy = strategy({
  hasGeneration: true,
  defaults(object) {
    object["spec"] ??= {};
    object["status"] ??= { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },
  validate(object, errors) {
    const spec = object["spec"] as BudgetSpec;
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const field of ["minAvailable", "maxUnavailable"] as const) {
      const value = spec[field];
      validateIntOrPercent(value, `spec.${field}`, errors);
      validateNotMoreThanAll(value, `spec.${field}`, errors);
    }
    if (spec.selector !== undefined) validateSelector(spec.selector, "spec.selector", errors);
    supported(
      spec.unhealthyPodEvictionPolicy,
      ["AlwaysAllow", "IfHealthyBudget"],
      "spec.unhealthyPodEvictionPolicy",
      errors,
    );
  },
});

/** autoscaling/v2 HorizontalPodAutoscaler. */
export const horizontalPodAutoscaler: KindStrategy = strategy({
  conditionTimes: ["lastTransitionTime"],
  defaults(object) {
    const spec = (object["spec"] ??= {}) as ScalerSpec;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0 && object.apiVersion === "autoscaling/v2") {
      spec.metrics = [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ];
    }
    if (spec.behavior !== undefined) {
      const up = (spec.behavior.scaleUp ??= {});
      up["stabilizationWindowSeconds"] ??= 0;
      up["selectPolicy"] ??= "Max";
      up["policies"] ??= [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ];
      const down = (spec.behavior.scaleDown ??= {});
      down["selectPolicy"] ??= "Max";
      down["policies"] ??= [{ type: "Percent", value: 100, periodSeconds: 15 }];
    }
    object["status"] ??= { currentMetrics: null, desiredReplicas: 0 };
  },
  validate(object, errors) {
    validateScaler(object["spec"] as ScalerSpec, errors);
  },
  validateUpdate(next, live, errors) {
    if (sameJson(next.metadata.name, live.metadata.name)) return;
    errors.push(invalid("metadata.name", next.metadata.name, "field is immutable"));
  },
});
