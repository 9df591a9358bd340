import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { KubeObject } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { digest } from "./digest.ts";
import { duration, secondsOf, text } from "./fields.ts";
import { finished, withTexts } from "./finished.ts";
import { nameProblems } from "./finding.ts";
import { checkPod } from "./pod/checkPod.ts";
import { programFields } from "./pod/program.ts";
import { podSecrets, renderPod } from "./pod/renderPod.ts";

/** Fields of what runs to its end. */
export const jobFields = lazily(() => ({
  ...programFields(),
  retries: z.int().min(0).optional().meta({ description: "How often a failed pod is tried again." }),
  timeout: duration().optional().meta({ description: "After which it has failed." }),
  parallelism: z.int().min(1).optional(),
  completions: z.int().min(1).optional(),
}));

const schema = lazily(() =>
  z.strictObject({
    ...jobFields(),
    on: z
      .literal("deploy")
      .optional()
      .meta({ description: "Run it in each deploy in which it changed. By hand unless said." }),
    inputs: text().optional().meta({ description: "Its change runs the job again too." }),
  }),
);

const jobSchema = lazily(() => z.strictObject(jobFields()));
export type JobSpec = z.output<ReturnType<typeof jobSchema>>;

// "-" and ten characters of the hash.
const hashLength = 11;

export const jobKind = defineKind({
  kind: "job",
  description: "A program that runs to its end: in each deploy in which it changed, or by hand.",
  schema,
  outputs: [],
  resolve: () => ({ type: "text", value: "" }),
  secrets: podSecrets,
  check: (component, context) => [
    ...(component.spec.on === "deploy"
      ? nameProblems(component, "Job", 63 - hashLength)
      : nameProblems(component, "CronJob", 52)),
    ...checkPod(component, context),
  ],
  render: (component, context) =>
    finished(
      component.spec.on === "deploy"
        ? renderDeployJob(component, context)
        : renderManualJob(component, context),
      context,
    ),
});

/**
 * A Job can't be changed, so that its name carries a hash of all that it is made of: the same job again is the same object, and nothing
 * runs; another is a new object. It has no time to live: a Job that removed itself would run again in the next deploy.
 */
function renderDeployJob(
  component: PlacedComponent<z.output<ReturnType<typeof schema>>>,
  context: RenderContext,
): KubeObject[] {
  const { spec, objects } = renderJobSpec(component, context, 0);
  const hash = digest(withTexts({ spec, inputs: component.spec.inputs }, context));
  return [
    ...objects,
    { apiVersion: "batch/v1", kind: "Job", metadata: context.metadata(component, { part: hash }), spec },
  ];
}

/** A CronJob that never fires keeps the job in the cluster; `moorage run` and `kubectl create job --from=cronjob/NAME` start it. */
function renderManualJob(
  component: PlacedComponent<z.output<ReturnType<typeof schema>>>,
  context: RenderContext,
): KubeObject[] {
  const { spec, objects } = renderJobSpec(component, context, 3);
  return [
    ...objects,
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: context.metadata(component),
      spec: {
        // A day that doesn't exist, in case somebody resumes it.
        schedule: "0 0 31 2 *",
        suspend: true,
        concurrencyPolicy: "Forbid",
        jobTemplate: { metadata: { labels: context.metadata(component).labels }, spec },
      },
    },
  ];
}

/** A Job's spec, for a Job or in a CronJob, and what must be there for it. */
export function renderJobSpec(
  component: PlacedComponent<JobSpec>,
  context: RenderContext,
  defaultRetries: number,
): { spec: Record<string, unknown>; objects: KubeObject[] } {
  const { retries, timeout, parallelism, completions } = component.spec;
  // A new password is no reason to run a migration again, and the pods of a Job can't be changed anyway.
  const pod = renderPod(component, context, { restartPolicy: "Never", secretHash: false });
  return {
    objects: pod.objects,
    spec: {
      backoffLimit: retries ?? defaultRetries,
      activeDeadlineSeconds: timeout === undefined ? undefined : Math.max(1, secondsOf(timeout)),
      parallelism,
      completions,
      template: pod.template,
    },
  };
}

/** A program that runs to its end. */
export const job = defineComponent(jobKind);
