import type { KubeObject } from "../../contract/index.ts";
import {
  conditionOf,
  defaultCrashRestarts,
  failed,
  ready,
  specOf,
  statusOf,
  waiting,
  type Readiness,
} from "./Readiness.ts";

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly message?: string; readonly exitCode?: number };
  };
  readonly lastState?: ContainerStatus["state"];
}

/** Of an image that will not appear by waiting; a registry that does not answer may well come back. */
const imageIsGone =
  /not found|manifest unknown|does not exist|unauthorized|denied|forbidden|no such image|invalid reference|no match for platform|name unknown|cannot run|can't run/i;
/** The kubelet has not seen the object yet; it will. */
const cacheSync = /failed to sync (secret|configmap) cache|timed out waiting for the condition/i;
const transientCreate = /context deadline exceeded|is reserved for|deadline|connection refused|timeout/i;

/** How the crashes of containers are judged. */
export interface CrashRule {
  /** False: they are left to somebody else. */
  readonly crashes?: boolean;
  readonly crashRestarts?: number | undefined;
}

/** Of a shell, a runtime or a loader: the command is not there, or may not be run. No restart cures that. */
const hopelessExits: ReadonlySet<number> = new Set([126, 127]);
const hopelessReasons = /^(StartError|ContainerCannotRun)$/;

/** A container that ended again and again, or for a reason that a restart does not cure. */
function isCrashed(container: ContainerStatus, limit: number): boolean {
  const last = container.lastState?.terminated ?? container.state?.terminated;
  if (
    last !== undefined &&
    (hopelessExits.has(last.exitCode ?? 0) || hopelessReasons.test(last.reason ?? ""))
  )
    return true;
  return (container.restartCount ?? 0) >= limit;
}

/** Why a pod cannot recover; undefined while it may. Jobs count their own crashes (`backoffLimit`), so theirs are left to them. */
export function podFailure(pod: KubeObject, rule: CrashRule = {}): Readiness | undefined {
  const { crashes = true, crashRestarts = defaultCrashRestarts } = rule;
  const status = statusOf(pod);
  const containers = [
    ...((status["initContainerStatuses"] as ContainerStatus[] | undefined) ?? []),
    ...((status["containerStatuses"] as ContainerStatus[] | undefined) ?? []),
  ];
  for (const container of containers) {
    const reason = container.state?.waiting?.reason ?? "";
    const said = container.state?.waiting?.message ?? "";
    const fail = (message: string): Readiness =>
      failed(reason, `container ${container.name}: ${message}`, pod, container.name);
    switch (reason) {
      case "CrashLoopBackOff":
        if (crashes && isCrashed(container, crashRestarts)) return fail(crashMessage(container));
        break;
      case "ErrImagePull":
      case "ImagePullBackOff":
        if (imageIsGone.test(said)) return fail(`the image cannot be pulled: ${said}`);
        break;
      case "InvalidImageName":
      case "ErrImageNeverPull":
      case "ImageInspectError":
      // Of the sandbox's node: nobody said how to run this image as a process.
      case "CannotRunHere":
        return fail(said || "the image cannot be used");
      case "CreateContainerConfigError":
        if (!cacheSync.test(said)) return fail(said || "its configuration is wrong");
        break;
      case "CreateContainerError":
      case "RunContainerError":
      case "PostStartHookError":
        if (!transientCreate.test(said)) return fail(said || "it cannot be started");
        break;
    }
  }
  return undefined;
}

function crashMessage(container: ContainerStatus): string {
  const last = container.lastState?.terminated ?? container.state?.terminated;
  const how =
    last === undefined
      ? "it ends again and again"
      : last.reason === "OOMKilled"
        ? "it used more memory than its limit"
        : `it ended with exit code ${last.exitCode ?? "unknown"}`;
  const said = last?.message === undefined || last.message === "" ? "" : `: ${last.message.trim()}`;
  const restarts = container.restartCount ?? 0;
  return `${how}, ${restarts === 1 ? "1 restart" : `${restarts} restarts`}${said}`;
}

/** What a pod waits for, for people. */
function podWaitsFor(pod: KubeObject): string {
  const status = statusOf(pod);
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "False")
    return `not scheduled: ${scheduled.message ?? scheduled.reason ?? "no node"}`;
  const containers = [
    ...((status["initContainerStatuses"] as ContainerStatus[] | undefined) ?? []),
    ...((status["containerStatuses"] as ContainerStatus[] | undefined) ?? []),
  ];
  for (const container of containers) {
    const state = container.state?.waiting;
    if (state?.reason === "ContainerCreating") return "is starting";
    if (state?.reason !== undefined && state.reason !== "PodInitializing") {
      if (state.reason === "CrashLoopBackOff")
        return `container ${container.name} is restarted: ${crashMessage(container)}`;
      const said = state.message === undefined ? "" : `: ${state.message}`;
      return `container ${container.name} ${state.reason}${said}`;
    }
  }
  const slow = ((status["containerStatuses"] as ContainerStatus[] | undefined) ?? []).find(
    (one) => one.ready === false,
  );
  if (slow === undefined) return `is ${textOf(status["phase"], "Pending").toLowerCase()}`;
  const probes = containerOf(pod, slow.name);
  if (slow.state?.terminated !== undefined) return `container ${slow.name} ended, and is started again`;
  if (slow.started === false && probes?.startupProbe !== undefined)
    return "runs; its startup probe has not passed";
  return probes?.readinessProbe === undefined
    ? `container ${slow.name} is not ready`
    : "runs; its readiness probe has not passed";
}

interface ProbedContainer {
  readonly name: string;
  readonly readinessProbe?: unknown;
  readonly startupProbe?: unknown;
}

const containerOf = (pod: KubeObject, name: string): ProbedContainer | undefined =>
  (specOf(pod)["containers"] as ProbedContainer[] | undefined)?.find((one) => one.name === name);

const textOf = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);

export const isPodReady = (pod: KubeObject): boolean => conditionOf(pod, "Ready")?.status === "True";

/** A pod of its own: Ready, or Succeeded. */
export function podReadiness(pod: KubeObject, rule: CrashRule = {}): Readiness {
  const phase = statusOf(pod)["phase"];
  if (phase === "Succeeded" || isPodReady(pod)) return ready;
  if (phase === "Failed") {
    return failed(
      textOf(statusOf(pod)["reason"], "Failed"),
      textOf(statusOf(pod)["message"], "the pod failed"),
      pod,
    );
  }
  return podFailure(pod, rule) ?? waiting(`pod ${podWaitsFor(pod)}`);
}

/** The verdict over the pods that a rollout makes: the first that cannot recover, else what the first that is not ready waits for. */
export function podsOf(
  pods: readonly KubeObject[],
  rule?: CrashRule,
): { failure?: Readiness; message: string } {
  for (const pod of pods) {
    const failure = podFailure(pod, rule);
    if (failure !== undefined) return { failure, message: failure.message };
  }
  const living = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const late = living.find((pod) => !isPodReady(pod));
  if (late === undefined) return { message: "" };
  // The only one needs no name.
  const which = living.length === 1 ? "its pod" : `pod ${late.metadata.name}`;
  const waits = podWaitsFor(late);
  return { message: waits.startsWith("container ") ? `; ${which}'s ${waits}` : `; ${which} ${waits}` };
}
