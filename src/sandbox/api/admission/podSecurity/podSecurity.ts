import type { KubeObject } from "../../../../contract/index.ts";
import { at } from "../../printers/Printer.ts";
import { invalid } from "../../StatusError.ts";
import { keyOf } from "../../store/Store.ts";
import { denied, type AdmissionPlugin, type AdmissionRequest } from "../AdmissionRequest.ts";
import type { CheckedContainer, CheckedPod } from "./Check.ts";
import { isSame, isStricter, policyOf, textOf, type LevelVersion } from "./policy.ts";
import { detailText, reasonText, violations } from "./violations.ts";

/** Holds pods to the level that their namespace's labels name, and warns of templates whose pods would fail. */
export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",
  validate(request) {
    const { kind, subresource } = request;
    if (kind.collection === "namespaces") {
      if (subresource === "") validateNamespace(request);
    } else if (kind.collection === "pods") {
      if (!ignored.has(subresource)) validatePod(request);
    } else if (subresource === "") validateTemplate(request);
  },
};

const ignored: ReadonlySet<string> = new Set([
  "exec",
  "attach",
  "binding",
  "eviction",
  "log",
  "portforward",
  "proxy",
  "status",
]);

/** Where the kinds that make pods have their template. */
const templates: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ["template"],
  replicationcontrollers: ["spec", "template"],
  "apps/daemonsets": ["spec", "template"],
  "apps/deployments": ["spec", "template"],
  "apps/replicasets": ["spec", "template"],
  "apps/statefulsets": ["spec", "template"],
  "batch/cronjobs": ["spec", "jobTemplate", "spec", "template"],
  "batch/jobs": ["spec", "template"],
};

const labelsOf = ({ context, object }: AdmissionRequest): Record<string, string> | undefined =>
  context.store.get("namespaces", keyOf(undefined, object.metadata.namespace ?? ""))?.object.metadata.labels;

const podOf = (object: KubeObject): CheckedPod => ({
  metadata: object.metadata,
  spec: object.spec ?? {},
});

function validatePod(request: AdmissionRequest): void {
  const { object, live } = request;
  const { policy } = policyOf(labelsOf(request));
  if (policy.enforce.level === "privileged" && policy.warn.level === "privileged") return;
  const pod = podOf(object);
  if (live !== undefined && !isSignificant(pod, podOf(live))) return;
  const found = violations(policy.enforce, pod);
  if (found.length > 0)
    throw denied(request, `violates PodSecurity "${textOf(policy.enforce)}": ${detailText(found)}`);
  warn(request, policy.warn, pod);
}

function validateTemplate(request: AdmissionRequest): void {
  const path = templates[request.kind.collection];
  if (path === undefined) return;
  const { policy } = policyOf(labelsOf(request));
  if (policy.warn.level === "privileged") return;
  const template = at(request.object, ...path) as Partial<CheckedPod> | undefined;
  if (template !== undefined) warn(request, policy.warn, { ...template, spec: template.spec ?? {} });
}

function warn({ warnings }: AdmissionRequest, policy: LevelVersion, pod: CheckedPod): void {
  const found = violations(policy, pod);
  if (found.length > 0) warnings.push(`would violate PodSecurity "${textOf(policy)}": ${detailText(found)}`);
}

/** Does an update change anything that a level looks at? Of a pod only images change, and ephemeral containers come. */
function isSignificant(next: CheckedPod, live: CheckedPod): boolean {
  const differs = (a: readonly CheckedContainer[] = [], b: readonly CheckedContainer[] = []): boolean =>
    a.length !== b.length || a.some(({ image }, index) => image !== b[index]?.image);
  const { spec } = next;
  if (differs(spec.containers, live.spec.containers)) return true;
  if (differs(spec.initContainers, live.spec.initContainers)) return true;
  return (spec.ephemeralContainers ?? []).some(
    ({ name, image }) => live.spec.ephemeralContainers?.find((one) => one.name === name)?.image !== image,
  );
}

/** Labels have to make sense, and a stricter level warns of the pods that are there. */
function validateNamespace(request: AdmissionRequest): void {
  const { context, kind, object, live, warnings } = request;
  const { name = "", labels } = object.metadata;
  const { policy, errors } = policyOf(labels);
  const before = live && policyOf(live.metadata.labels);
  const known = before?.errors.map(({ message }) => message).join() ?? "";
  if (errors.length > 0 && errors.map(({ message }) => message).join() !== known)
    throw invalid(kind, name, [...errors]);
  if (before === undefined) return;
  const was = before.policy.enforce;
  const is = policy.enforce;
  if (isSame(was, is) || is.level === "privileged") return;
  if (was.version === is.version && !isStricter(is.level, was.level)) return;
  const pods = context.store.list("pods", name).map(({ object: pod }) => pod);
  const byReason = new Map<string, string[]>();
  for (const pod of pods) {
    const found = violations(is, podOf(pod));
    if (found.length === 0) continue;
    const reason = reasonText(found);
    byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name ?? ""]);
  }
  if (byReason.size === 0) return;
  warnings.push(
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${textOf(is)}"`,
    ...[...byReason].map(([reason, names]) => `${several(names)}: ${reason}`).toSorted(),
  );
}

function several(names: readonly string[]): string {
  const [first = ""] = names.toSorted();
  if (names.length === 1) return first;
  return `${first} (and ${names.length === 2 ? "1 other pod" : `${names.length - 1} other pods`})`;
}
