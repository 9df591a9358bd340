import { expandVariables } from "./expandVariables.ts";
import { fieldValue, resourceFieldValue, type NodeCapacity, type PodFacts } from "./fieldReference.ts";
import type { Container, EnvVar, Pod } from "./Pod.ts";

/** What is known of a ConfigMap or Secret: its keys as text. Secrets are decoded already. */
export type DataOf = (
  kind: "ConfigMap" | "Secret",
  name: string,
) => Readonly<Record<string, string>> | undefined;

export interface EnvironmentContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly facts: PodFacts;
  readonly capacity: NodeCapacity;
  readonly dataOf: DataOf;
}

/**
 * The environment that the pod asks for, `envFrom` first, then `env` in order, each `$(NAME)` expanded with what stands before it
 * (k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables). `problem` is the kubelet's wording of what is missing; the
 * container then can't be made (CreateContainerConfigError).
 */
export function containerEnvironment(
  context: EnvironmentContext,
): { env: Record<string, string>; problem?: undefined } | { problem: string } {
  const env: Record<string, string> = {};
  for (const source of context.container.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef;
    if (ref === undefined) continue;
    const kind = source.configMapRef === undefined ? "Secret" : "ConfigMap";
    const data = context.dataOf(kind, ref.name ?? "");
    if (data === undefined) {
      if (ref.optional === true) continue;
      return { problem: `${kind.toLowerCase()} "${ref.name ?? ""}" not found` };
    }
    for (const [key, value] of Object.entries(data)) {
      const name = `${source.prefix ?? ""}${key}`;
      if (isVariableName(name)) env[name] = value;
    }
  }
  for (const variable of context.container.env ?? []) {
    const value = valueOf(variable, env, context);
    if (value.problem !== undefined) return { problem: value.problem };
    if (value.text !== undefined) env[variable.name] = value.text;
  }
  return { env };
}

const isVariableName = (name: string): boolean => name !== "" && !/[=\0]/.test(name);

/** Neither text nor problem: an optional reference to what is not there; the variable stays unset. */
function valueOf(
  variable: EnvVar,
  env: Record<string, string>,
  context: EnvironmentContext,
): { text?: string; problem?: string } {
  const from = variable.valueFrom;
  if (from === undefined) return { text: expandVariables(variable.value ?? "", env) };
  if (from.fieldRef !== undefined) {
    const text = fieldValue(from.fieldRef, context.pod, context.facts);
    return text === undefined ? { problem: `unsupported fieldPath: ${from.fieldRef.fieldPath}` } : { text };
  }
  if (from.resourceFieldRef !== undefined) {
    const { containerName } = from.resourceFieldRef;
    const all = [...context.pod.spec.containers, ...(context.pod.spec.initContainers ?? [])];
    const container =
      containerName === undefined
        ? context.container
        : all.find((candidate) => candidate.name === containerName);
    if (container === undefined) return { problem: `container ${containerName ?? ""} not found` };
    const text = resourceFieldValue(from.resourceFieldRef, container, context.capacity);
    return text === undefined
      ? { problem: `unsupported container resource: ${from.resourceFieldRef.resource}` }
      : { text };
  }
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (ref === undefined) return { text: "" };
  const kind = from.configMapKeyRef === undefined ? "Secret" : "ConfigMap";
  const data = context.dataOf(kind, ref.name ?? "");
  if (data === undefined) {
    return ref.optional === true ? {} : { problem: `${kind.toLowerCase()} "${ref.name ?? ""}" not found` };
  }
  const text = data[ref.key];
  if (text === undefined) {
    const where = `${context.pod.metadata.namespace ?? ""}/${ref.name ?? ""}`;
    return ref.optional === true ? {} : { problem: `couldn't find key ${ref.key} in ${kind} ${where}` };
  }
  return { text };
}
