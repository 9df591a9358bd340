import type { LabelSelector, PodTemplate } from "./shapes.ts";

export interface JobSpec {
  parallelism?: number;
  completions?: number;
  activeDeadlineSeconds?: number;
  ttlSecondsAfterFinished?: number;
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  completionMode?: string;
  suspend?: boolean;
  manualSelector?: boolean;
  selector?: LabelSelector;
  template?: PodTemplate;
  maxFailedIndexes?: number;
  podReplacementPolicy?: string;
  podFailurePolicy?: { rules?: PodFailureRule[] };
  successPolicy?: { rules?: SuccessRule[] };
  managedBy?: string;
}

export interface PodFailureRule {
  action?: string;
  onExitCodes?: { containerName?: string; operator?: string; values?: number[] };
  onPodConditions?: { type?: string; status?: string }[];
}

export interface SuccessRule {
  succeededIndexes?: string;
  succeededCount?: number;
}
