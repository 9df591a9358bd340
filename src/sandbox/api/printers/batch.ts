import type { KubeObject } from "../../../contract/index.ts";
import {
  ageColumn,
  ageOf,
  at,
  column,
  containerColumns,
  humanDuration,
  integer,
  list,
  nameColumn,
  number,
  selectorText,
  text,
  type Printer,
} from "./Printer.ts";

function jobStatus(job: KubeObject): string {
  const holds = (type: string): boolean =>
    list(job, "status", "conditions").some((one) => one["type"] === type && one["status"] === "True");
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (holds("Suspended")) return "Suspended";
  if (holds("FailureTarget")) return "FailureTarget";
  if (holds("SuccessCriteriaMet")) return "SuccessCriteriaMet";
  return "Running";
}

function completions(job: KubeObject): string {
  const done = number(job, "status", "succeeded");
  if (at(job, "spec", "completions") !== undefined) return `${done}/${number(job, "spec", "completions")}`;
  const parallelism = number(job, "spec", "parallelism");
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function duration(job: KubeObject, now: number): string {
  const start = text(job, "status", "startTime");
  if (start === "") return "";
  const end =
    text(job, "status", "completionTime") ||
    text(
      list(job, "status", "conditions").find((one) => one["type"] === "Failed" && one["status"] === "True"),
      "lastTransitionTime",
    );
  return humanDuration((end === "" ? now : Date.parse(end)) - Date.parse(start));
}

export const batchPrinters: Record<string, Printer> = {
  "batch/Job": [
    nameColumn,
    column("Status", jobStatus),
    column("Completions", completions),
    column("Duration", duration),
    ageColumn,
    ...containerColumns("spec", "template", "spec"),
    column("Selector", (object) => selectorText(at(object, "spec", "selector")), 1),
  ],
  "batch/CronJob": [
    nameColumn,
    column("Schedule", (object) => text(object, "spec", "schedule")),
    column("Timezone", (object) => text(object, "spec", "timeZone") || "<none>"),
    {
      name: "Suspend",
      type: "boolean",
      cell: (object) => (at(object, "spec", "suspend") === true ? "True" : "False"),
    },
    integer("Active", (object) => list(object, "status", "active").length),
    column("Last Schedule", (object, now) =>
      at(object, "status", "lastScheduleTime") === undefined
        ? "<none>"
        : ageOf(at(object, "status", "lastScheduleTime"), now),
    ),
    ageColumn,
    ...containerColumns("spec", "jobTemplate", "spec", "template", "spec"),
    column("Selector", (object) => selectorText(at(object, "spec", "jobTemplate", "spec", "selector")), 1),
  ],
};
