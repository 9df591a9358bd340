import type { KubeObject } from "../../contract/index.ts";
import { groupKind } from "../objectKey.ts";
import { isPodReady } from "../readiness/Pod.ts";
import { conditionOf, statusOf } from "../readiness/Readiness.ts";

/**
 * What something that is not ready waits for, in one word, so that time can be added up: a node with room; a volume; images, volumes and the network of a pod that starts; an image that
 * cannot be pulled yet; init containers; programs that end and are started again; the readiness probe; a job's own work; the controllers and the rollout of pods that are ready.
 */
export type Phase =
  | "scheduling"
  | "volume"
  | "starting"
  | "image"
  | "init"
  | "crashes"
  | "readiness"
  | "job"
  | "rollout"
  | "other";

interface ContainerState {
  readonly restartCount?: number;
  readonly ready?: boolean;
  readonly state?: { readonly waiting?: { readonly reason?: string }; readonly running?: unknown };
}

/** The phase of an object that is not ready, told from the first of its pods that is not. */
export function phaseOf(object: KubeObject, pods: readonly KubeObject[]): Phase {
  const kind = groupKind(object);
  if (kind === "/PersistentVolumeClaim") return "volume";
  const isJob = kind === "batch/Job";
  const late =
    kind === "/Pod"
      ? object
      : pods.find((pod) => pod.metadata.deletionTimestamp === undefined && !isPodReady(pod));
  if (late === undefined) return isJob ? "job" : pods.length > 0 ? "rollout" : "other";
  const status = statusOf(late);
  const scheduled = conditionOf(late, "PodScheduled");
  if (scheduled?.status === "False")
    return /unbound|PersistentVolumeClaim|volume/i.test((scheduled as { message?: string }).message ?? "")
      ? "volume"
      : "scheduling";
  const of = (field: string): ContainerState[] => (status[field] as ContainerState[] | undefined) ?? [];
  const inits = of("initContainerStatuses");
  const containers = of("containerStatuses");
  const reasons = [...inits, ...containers].map(({ state }) => state?.waiting?.reason ?? "");
  if (reasons.some((reason) => /^(ErrImagePull|ImagePullBackOff)$/.test(reason))) return "image";
  if (reasons.includes("CrashLoopBackOff")) return "crashes";
  if (reasons.includes("PodInitializing")) return "init";
  if (containers.some(({ state }) => state?.running !== undefined)) return isJob ? "job" : "readiness";
  if (containers.some(({ restartCount }) => (restartCount ?? 0) > 0)) return "crashes";
  if (isJob && /^(Succeeded|Failed)$/.test(String(status["phase"]))) return "job";
  return "starting";
}

/** For people: what took so long. */
export const phaseText: Readonly<Record<Phase, string>> = {
  scheduling: "until a node had room",
  volume: "until its volume was there",
  starting: "to pull images and start pods",
  image: "until its image could be pulled",
  init: "for its init containers",
  crashes: "while its program ended and was started again",
  readiness: "until its readiness probe passed",
  job: "for the job itself",
  rollout: "to replace old pods",
  other: "for controllers",
};
