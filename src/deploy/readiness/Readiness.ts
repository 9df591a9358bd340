import type { KubeObject } from "../../contract/index.ts";

/** How an object stands. `done` and not `ok` means that it cannot recover by itself. */
export interface Readiness {
  /** Nothing more is awaited. */
  readonly done: boolean;
  /** Of what is done: it is ready. */
  readonly ok: boolean;
  /** What is awaited, or why it failed: `1 of 3 replicas available`. Empty when ready. */
  readonly message: string;
  /** Of a failure: `ErrImagePull`, `BackoffLimitExceeded`. */
  readonly reason?: string;
  /** The pod that failed, to fetch its log. */
  readonly pod?: KubeObject;
  /** Of that pod, the one that failed. */
  readonly container?: string;
}

/** What a rule may look at beside the object itself. */
export interface Surroundings {
  /** Pods that belong to the object, by its controllers. */
  readonly pods: readonly KubeObject[];
  /** ReplicaSets of a Deployment. */
  readonly replicaSets: readonly KubeObject[];
  /** So many restarts a program that ends may take to recover. Default `defaultCrashRestarts`. */
  readonly crashRestarts?: number | undefined;
}

/** A program that needs a database which is still starting ends a few times, and then stays: with the kubelet's pauses, three restarts are half a minute. */
export const defaultCrashRestarts = 3;

export type ReadinessRule = (object: KubeObject, around: Surroundings) => Readiness;

export const ready: Readiness = { done: true, ok: true, message: "" };
export const waiting = (message: string): Readiness => ({ done: false, ok: false, message });
export const failed = (reason: string, message: string, pod?: KubeObject, container?: string): Readiness => ({
  done: true,
  ok: false,
  message,
  reason,
  ...(pod === undefined ? {} : { pod }),
  ...(container === undefined ? {} : { container }),
});

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

type Json = Record<string, unknown>;
export const specOf = (object: KubeObject): Json => (object["spec"] ?? {}) as Json;
export const statusOf = (object: KubeObject): Json => (object["status"] ?? {}) as Json;
export const numberOf = (value: unknown, otherwise = 0): number =>
  typeof value === "number" ? value : otherwise;
export const conditionsOf = (object: KubeObject): readonly Condition[] =>
  (statusOf(object)["conditions"] as Condition[] | undefined) ?? [];
export const conditionOf = (object: KubeObject, type: string): Condition | undefined =>
  conditionsOf(object).find((condition) => condition.type === type);

/** Status older than the generation counts as nothing. */
export function isObserved(object: KubeObject): boolean {
  return numberOf(statusOf(object)["observedGeneration"], -1) >= (object.metadata.generation ?? 0);
}
