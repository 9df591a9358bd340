import { Cron } from "croner";

export interface DueTimes {
  /** The latest time due after `after` and not after `now`, in milliseconds; `undefined` when there was none. */
  readonly last?: number;
  /** Times due in between, as far as they are counted (101). */
  readonly missed: number;
  /** Milliseconds since the epoch; missing when the schedule never comes again. */
  readonly next?: number;
}

/** Above this Kubernetes warns that a clock or a deadline must be wrong. */
const tooMany = 100;

/** When a cron schedule is due. Without a time zone it is UTC, as in a cluster. Throws on what is no schedule or no time zone. */
export function dueTimes(
  schedule: string,
  timeZone: string | undefined,
  after: number,
  now: number,
): DueTimes {
  const cron = new Cron(schedule, { paused: true, timezone: timeZone ?? "UTC", mode: "5-part" });
  const next = cron.nextRun(new Date(now))?.getTime();
  // One millisecond later, since the reference itself is not among the runs before it.
  const before = cron.previousRuns(tooMany + 1, new Date(now + 1)).map((date) => date.getTime());
  const due = before.filter((time) => time > after && time <= now);
  return { last: due.length > 0 ? Math.max(...due) : undefined, missed: due.length, next };
}

/** Whether this machine knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
