import type { KubeObject } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { type JsonObject, isObject } from "../schema/SchemaNode.ts";
import { systemPriorityClasses } from "../admission/systemPriorityClasses.ts";
import { isTrue, statusOf } from "../definitionNames.ts";
import { validateDefinition, validateDefinitionName } from "../schema/validateDefinition.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { labelName } from "./names.ts";
import { type Limit, validateLimits, validateQuota } from "./quotaValidation.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

export const namespace: KindStrategy = strategy({
  conditionTimes: ["lastTransitionTime"],
  namespaced: false,
  name: labelName,
  defaults(object) {
    if (object.metadata.name)
      object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name };
    object["spec"] ??= {};
    const status = (object["status"] ??= {}) as { phase?: string };
    if (object.metadata.deletionTimestamp === undefined) status.phase ||= "Active";
  },
  prepareForCreate(object) {
    const spec = (object["spec"] ??= {}) as { finalizers?: string[] };
    if (!(spec.finalizers ?? []).includes("kubernetes")) (spec.finalizers ??= []).push("kubernetes");
  },
  prepareForUpdate(next, live) {
    // `/finalize` alone changes them.
    next["spec"] = live["spec"];
  },
});

export const node: KindStrategy = strategy({
  conditionTimes: ["lastHeartbeatTime", "lastTransitionTime"],
  namespaced: false,
  defaults(object) {
    const spec = (object["spec"] ??= {}) as { podCIDR?: string; podCIDRs?: string[] };
    if (spec.podCIDR) spec.podCIDRs ??= [spec.podCIDR];
    const status = (object["status"] ??= {}) as Record<string, Record<string, unknown>>;
    (status["daemonEndpoints"] ??= {})["kubeletEndpoint"] ??= { Port: 0 };
    const info = (status["nodeInfo"] ??= {});
    for (const field of nodeInfo) info[field] ??= "";
  },
});

const nodeInfo = [
  "machineID",
  "systemUUID",
  "bootID",
  "kernelVersion",
  "osImage",
  "containerRuntimeVersion",
  "kubeletVersion",
  "kubeProxyVersion",
  "operatingSystem",
  "architecture",
];

export const serviceAccount: KindStrategy = strategy({ hasStatus: false });
export const lease: KindStrategy = strategy({
  hasStatus: false,
  allowCreateOnUpdate: true,
  defaults(object) {
    object["spec"] ??= {};
  },
  validate(object, errors) {
    const spec = (object["spec"] ?? {}) as { leaseDurationSeconds?: number; leaseTransitions?: number };
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      errors.push(invalid("spec.leaseDurationSeconds", spec.leaseDurationSeconds, "must be greater than 0"));
    }
    if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
      errors.push(
        invalid("spec.leaseTransitions", spec.leaseTransitions, "must be greater than or equal to 0"),
      );
    }
  },
});

/** v1 and events.k8s.io/v1 Event. */
export const event: KindStrategy = strategy({
  hasStatus: false,
  allowCreateOnUpdate: true,
  defaults(object) {
    if (object.apiVersion !== "v1") return;
    object["source"] ??= {};
    for (const time of ["firstTimestamp", "lastTimestamp", "eventTime"]) object[time] ??= null;
    object["reportingComponent"] ??= "";
    object["reportingInstance"] ??= "";
  },
  validate(object, errors) {
    const about = (object["involvedObject"] ?? object["regarding"] ?? {}) as { namespace?: string };
    const { namespace: where = "" } = object.metadata;
    if (about.namespace ? about.namespace !== where : where !== "default" && where !== "kube-system") {
      errors.push(
        invalid("involvedObject.namespace", about.namespace ?? "", "does not match event.namespace"),
      );
    }
  },
});

export const priorityClass: KindStrategy = strategy({
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  defaults(object) {
    object["value"] ??= 0;
    object["preemptionPolicy"] ??= "PreemptLowerPriority";
  },
  validate(object, errors) {
    const { name = "" } = object.metadata;
    const system = systemPriorityClasses.find((one) => one.name === name);
    if (system === undefined && name.startsWith("system-"))
      errors.push(
        forbidden(
          "metadata.name",
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        ),
      );
    else if (system === undefined && Number(object["value"]) > 1_000_000_000)
      errors.push(forbidden("value", "maximum allowed value of a user defined priority is 1000000000"));
    const policy = object["preemptionPolicy"];
    // Not sorted, unlike the others.
    const policies = ["PreemptLowerPriority", "Never"];
    if (typeof policy === "string" && !policies.includes(policy))
      errors.push(notSupported("preemptionPolicy", policy, policies));
  },
  validateUpdate(next, live, errors) {
    if (next["value"] !== live["value"]) errors.push(forbidden("value", "may not be changed in an update."));
  },
});

/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
export const customResourceDefinition: KindStrategy = strategy({
  namespaced: false,
  hasGeneration: true,
  defaults(object) {
    const spec = (object["spec"] ??= {}) as JsonObject;
    const names = (spec["names"] ??= {}) as JsonObject;
    if (typeof names["kind"] === "string") {
      names["singular"] ||= names["kind"].toLowerCase();
      names["listKind"] ||= `${names["kind"]}List`;
    }
    spec["conversion"] ??= { strategy: "None" };
    const status = (object["status"] ??= {}) as JsonObject;
    status["conditions"] ??= null;
    status["acceptedNames"] ??= { plural: "", kind: "" };
    status["storedVersions"] ??= storedVersions(spec);
  },
  validate(object, errors) {
    errors.push(...validateDefinition(object));
  },
  validateCreate(object, errors) {
    validateDefinitionName(object, errors);
    keepsStored(object, object, errors);
  },
  validateUpdate(next, live, errors) {
    const is = namesAndScope(next);
    const was = namesAndScope(live);
    const immutable = (field: string, value: unknown, before: unknown): void => {
      if (value !== before) errors.push(invalid(field, value ?? "", "field is immutable"));
    };
    if (isTrue(live, "Established")) {
      immutable("spec.scope", is.scope, was.scope);
      immutable("spec.names.kind", is.kind, was.kind);
    }
    immutable("spec.group", is.group, was.group);
    immutable("spec.names.plural", is.plural, was.plural);
    keepsStored(next, live, errors);
  },
});

const storedVersions = (spec: JsonObject): unknown[] =>
  (Array.isArray(spec["versions"]) ? spec["versions"] : [])
    .filter((version): version is JsonObject => isObject(version) && version["storage"] === true)
    .map((version) => version["name"]);

function namesAndScope(definition: KubeObject): Record<"scope" | "group" | "plural" | "kind", unknown> {
  const spec = (definition["spec"] ?? {}) as JsonObject;
  const names = (spec["names"] ?? {}) as JsonObject;
  return { scope: spec["scope"], group: spec["group"], plural: names["plural"], kind: names["kind"] };
}

function keepsStored(next: KubeObject, live: KubeObject, errors: FieldError[]): void {
  const stored = statusOf(next).storedVersions;
  const spec = (next["spec"] ?? {}) as JsonObject;
  const versions = (Array.isArray(spec["versions"]) ? spec["versions"] : []).filter(isObject);
  if (stored !== undefined) {
    if (stored.length === 0)
      errors.push(invalid("status.storedVersions", stored, "must have at least one stored version"));
    for (const { name, storage } of stored.length === 0 ? [] : versions)
      if (storage === true && !stored.some((version) => version === name))
        errors.push(
          invalid("status.storedVersions", stored, `must have the storage version ${String(name)}`),
        );
    stored.forEach((version: string, i) => {
      if (!versions.some(({ name }) => name === version))
        errors.push(
          invalid(
            `status.storedVersions[${i}]`,
            version,
            "missing from spec.versions; " +
              `${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`,
          ),
        );
    });
  }
  const before = (live["spec"] ?? {}) as JsonObject;
  if (spec["preserveUnknownFields"] === true && before["preserveUnknownFields"] !== true)
    errors.push(
      invalid(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
}

/** v1 ResourceQuota, LimitRange: enforced by `admission/`. */
export const resourceQuota: KindStrategy = strategy({
  defaults(object) {
    object["spec"] ??= {};
    object["status"] ??= {};
  },
  validate(object, errors) {
    validateQuota(object["spec"] ?? {}, errors);
  },
});

export const limitRange: KindStrategy = strategy({
  hasStatus: false,
  defaults(object) {
    const spec = (object["spec"] ?? {}) as { limits?: Limit[] };
    for (const limit of spec.limits ?? []) {
      if (limit.type !== "Container") continue;
      // What may be had at most is had when nothing is said; what is had by default, or at least, is asked for.
      const most = { ...limit.max, ...limit.default };
      const asked = { ...limit.min, ...most, ...limit.defaultRequest };
      if (Object.keys(most).length > 0) limit.default = most;
      if (Object.keys(asked).length > 0) limit.defaultRequest = asked;
    }
  },
  validate(object, errors) {
    const { limits = [] } = (object["spec"] ?? {}) as { limits?: Limit[] };
    validateLimits(limits, errors);
  },
});

/** v1 Binding and the like: never stored. */
export const binding: KindStrategy = strategy({
  hasStatus: false,
  validate(object, errors) {
    const target = object["target"] as { name?: string } | undefined;
    if (!target?.name) errors.push(required("target.name"));
    if (sameJson(target, {})) errors.push(required("target"));
  },
});
