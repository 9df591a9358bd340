import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { cronScheduleProblem, type Problem } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent } from "../platform/ComponentKind.ts";
import { duration, secondsOf } from "./fields.ts";
import { finding, nameProblems } from "./finding.ts";
import { finished } from "./finished.ts";
import { jobFields, renderJobSpec } from "./job.ts";
import { checkPod } from "./pod/checkPod.ts";
import { podSecrets } from "./pod/renderPod.ts";

const schema = lazily(() =>
  z.strictObject({
    ...jobFields(),
    cron: z.string().meta({
      description:
        "Five fields (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly.",
    }),
    timezone: z.string().default("Etc/UTC").meta({ description: "Europe/Berlin, say." }),
    concurrency: z
      .enum(["forbid", "allow", "replace"])
      .default("forbid")
      .meta({ description: "What if the last run still goes on." }),
    deadline: duration().default("1h").meta({ description: "Within which a missed start is made up for." }),
    history: z
      .strictObject({ succeeded: z.int().min(0).default(3), failed: z.int().min(0).default(1) })
      .default({ succeeded: 3, failed: 1 }),
    suspend: z.boolean().default(false),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

const policies = { forbid: "Forbid", allow: "Allow", replace: "Replace" } as const;

export const scheduleKind = defineKind({
  kind: "schedule",
  description: "A program that runs to its end at set times: a CronJob.",
  schema,
  outputs: [],
  resolve: () => ({ type: "text", value: "" }),
  secrets: podSecrets,
  // The API server adds eleven characters to make the names of the Jobs.
  check: (component, context) => [
    ...nameProblems(component, "CronJob", 52),
    ...checkCron(component),
    ...checkPod(component, context),
  ],
  render: (component, context) => {
    const { cron, timezone, concurrency, deadline, history, suspend } = component.spec;
    const { spec, objects } = renderJobSpec(component, context, 3);
    const metadata = context.metadata(component);
    const cronJob = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: cron,
        timeZone: timezone,
        concurrencyPolicy: policies[concurrency],
        startingDeadlineSeconds: Math.max(10, secondsOf(deadline)),
        successfulJobsHistoryLimit: history.succeeded,
        failedJobsHistoryLimit: history.failed,
        suspend,
        jobTemplate: { metadata: { labels: metadata.labels }, spec },
      },
    };
    return finished([...objects, cronJob], context);
  },
});

const macros = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

function checkCron(component: PlacedComponent<Spec>): Problem[] {
  const { cron, timezone } = component.spec;
  const problems: Problem[] = [];
  const wrong = cronMistake(cron);
  if (wrong !== undefined) {
    problems.push(
      finding(component, "cron", `"${cron}" is no schedule: ${wrong}`, {
        hint: 'five fields, as in "30 2 * * *" (at 2:30 each night), or @daily',
      }),
    );
  }
  try {
    void new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch {
    problems.push(
      finding(component, "timezone", `there is no time zone "${timezone}"`, {
        hint: 'a name of the IANA list: "Europe/Berlin"',
      }),
    );
  }
  return problems;
}

/** What Kubernetes would refuse. */
function cronMistake(cron: string): string | undefined {
  if (cron.startsWith("@"))
    return macros.includes(cron) ? undefined : `Kubernetes knows ${macros.join(", ")}`;
  if (/^(CRON_)?TZ=/u.test(cron)) return "the time zone goes into `timezone`";
  const fields = cron.trim().split(/\s+/u);
  if (fields.length !== 5)
    return `it has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, not 5`;
  return cronScheduleProblem(cron)?.replace(
    /^failed to parse int from (.*): strconv\..*$/u,
    'Kubernetes does not know "$1"',
  );
}

/** A program that runs at set times. */
export const schedule = defineComponent(scheduleKind);
