import { cronScheduleProblem, type KubeObject } from "../../../contract/index.ts";
import { timeZone } from "../../time/timeZone.ts";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { notNegative, supported } from "./fieldRules.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { type NameRule, subdomainName, tooManyCharacters } from "./names.ts";
import { defaultTemplate } from "./podDefaults.ts";
import { validateJobSpec } from "./job.ts";
import type { JobSpec } from "./jobShape.ts";

/** Its jobs' names add eleven characters. */
const cronJobName: NameRule = (name) => [
  ...subdomainName(name),
  ...(name.length > 52 ? [tooManyCharacters(52)] : []),
];

interface CronJobSpec {
  schedule?: string;
  timeZone?: string;
  concurrencyPolicy?: string;
  suspend?: boolean;
  startingDeadlineSeconds?: number;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  jobTemplate?: { metadata?: Record<string, unknown>; spec?: JobSpec };
}

const cronSpecOf = (object: KubeObject): CronJobSpec => (object["spec"] ??= {});

/** batch/v1 CronJob. */
export const cronJob: KindStrategy = strategy({
  hasGeneration: true,
  name: cronJobName,
  defaults(object) {
    const spec = cronSpecOf(object);
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    const template = (spec.jobTemplate ??= {});
    template.metadata ??= {};
    defaultTemplate(((template.spec ??= {}).template ??= {}));
    object["status"] ??= {};
  },
  validate(object, errors) {
    const spec = cronSpecOf(object);
    if (!spec.schedule) errors.push(required("spec.schedule"));
    else {
      const problem = cronScheduleProblem(spec.schedule);
      if (problem !== undefined) errors.push(invalid("spec.schedule", spec.schedule, problem));
      else if (/^(CRON_)?TZ/.test(spec.schedule)) {
        errors.push(
          invalid(
            "spec.schedule",
            spec.schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
          ),
        );
      }
    }
    validateTimeZone(spec.timeZone, errors);
    notNegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds", errors);
    notNegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit", errors);
    notNegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit", errors);
    supported(spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"], "spec.concurrencyPolicy", errors);
    const template = spec.jobTemplate?.spec ?? {};
    validateJobSpec(template, "spec.jobTemplate.spec", errors);
    if (template.selector !== undefined)
      errors.push(
        invalid("spec.jobTemplate.spec.selector", template.selector, "`selector` will be auto-generated"),
      );
    if (template.manualSelector === true) {
      errors.push(
        notSupported("spec.jobTemplate.spec.manualSelector", template.manualSelector, ["nil", "false"]),
      );
    }
  },
});

function validateTimeZone(zone: string | undefined, errors: FieldError[]): void {
  if (zone === undefined) return;
  if (zone === "") errors.push(invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string"));
  else if (zone.toLowerCase() === "local")
    errors.push(
      invalid(
        "spec.timeZone",
        zone,
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
      ),
    );
  else if (timeZone(zone) === undefined)
    errors.push(invalid("spec.timeZone", zone, `unknown time zone ${zone}`));
}
