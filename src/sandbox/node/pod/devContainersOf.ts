import { devAnnotations, type DevContainers } from "../../../contract/index.ts";
import type { Pod } from "../Pod.ts";

/** How the pod's containers run here. An annotation that can't be read says nothing: the containers can't run. */
export function devContainersOf(pod: Pod): DevContainers {
  try {
    return JSON.parse(pod.metadata.annotations?.[devAnnotations.containers] ?? "{}") as DevContainers;
  } catch {
    return {};
  }
}
