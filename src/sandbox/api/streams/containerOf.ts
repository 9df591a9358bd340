import type { KubeObject } from "../../../contract/index.ts";
import { list } from "../printers/Printer.ts";
import { badRequest } from "../StatusError.ts";

/** The container that is meant. Which is the default of several, only clients know. Source: pkg/registry/core/pod/strategy.go, validateContainer. */
export function containerOf(pod: KubeObject, asked: string | null): string {
  const named = (field: string): string[] => list(pod, "spec", field).map(({ name }) => String(name));
  const containers = named("containers");
  const all = [...named("initContainers"), ...containers, ...named("ephemeralContainers")];
  const name = pod.metadata.name ?? "";
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`);
}
