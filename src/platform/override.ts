import { isPlainObject } from "./merge.ts";
import type { KubeObject, Problem } from "../contract/index.ts";
import type { Override } from "./fields.ts";

/** Keys by which the elements of a list are told apart, as Kubernetes merges them. Lists that aren't here are replaced. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  env: ["name"],
  volumes: ["name"],
  imagePullSecrets: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  hostAliases: ["ip"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
  // A container's port has `containerPort`, a Service's `port`.
  ports: ["containerPort", "port", "name"],
};

/** One patch over one object: the layering rule, with the lists above merged by their key. Changes neither. */
export function patchObject(base: unknown, patch: unknown, field = ""): unknown {
  if (Array.isArray(patch)) {
    const keys = listKeys[field];
    if (keys === undefined || !Array.isArray(base) || !patch.every(isPlainObject)) return patch;
    const result: unknown[] = [...base];
    for (const element of patch) {
      const index = result.findIndex((other) => isPlainObject(other) && sameElement(keys, other, element));
      if (index === -1) result.push(element);
      else result[index] = patchObject(result[index], element);
    }
    return result;
  }
  if (!isPlainObject(patch)) return patch;
  const result: Record<string, unknown> = isPlainObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key];
    else result[key] = patchObject(result[key], value, key);
  }
  return result;
}

function sameElement(
  keys: readonly string[],
  a: Record<string, unknown>,
  b: Record<string, unknown>,
): boolean {
  if (keys.includes("topologyKey")) return keys.every((key) => a[key] === b[key]);
  const key = keys.find((one) => b[one] !== undefined);
  return key !== undefined && a[key] === b[key];
}

/** Applies a component's `override` to what it rendered. A kind that it doesn't render is a problem. */
export function applyOverride(
  objects: readonly KubeObject[],
  override: Override,
  path: string,
): { objects: KubeObject[]; problems: Problem[] } {
  if (typeof override === "function") {
    const result: unknown = override(structuredClone([...objects]));
    const problem = { path, message: "the override function must return a list of objects" };
    return Array.isArray(result)
      ? { objects: result as KubeObject[], problems: [] }
      : { objects: [...objects], problems: [problem] };
  }
  const problems: Problem[] = [];
  const matches = (object: KubeObject, key: string): boolean =>
    key === object.kind || key === `${object.kind}/${object.metadata.name ?? ""}`;
  for (const key of Object.keys(override)) {
    if (objects.some((object) => matches(object, key))) continue;
    const kinds = [...new Set(objects.map((object) => object.kind))];
    problems.push({
      path: `${path}.${key}`,
      message: `the component renders no ${key}`,
      hint: kinds.length > 0 ? `it renders: ${kinds.join(", ")}` : "it renders nothing",
    });
  }
  return {
    objects: objects.map((object) =>
      Object.entries(override).reduce(
        (result, [key, patch]) =>
          matches(object, key) ? (patchObject(result, patch) as KubeObject) : result,
        object,
      ),
    ),
    problems,
  };
}
