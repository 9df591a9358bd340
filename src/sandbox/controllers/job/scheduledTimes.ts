import { Cron } from "croner";
import { timeZone as zoneOf } from "../../time/timeZone.ts";
import type { TimeZone } from "../../time/zoneFile.ts";
import type { CronJob } from "../objects/workloads.ts";

/** What a schedule says about now; `invalid` in words when it can't be read. */
export type Schedule =
  | { readonly type: "invalid"; readonly message: string }
  | {
      readonly type: "valid";
      /** The newest time that has come and was not acted on. */
      readonly due?: number;
      /** How many have come since the last that was acted on; at most 101. */
      readonly missed: number;
      /** Milliseconds since 1970. */
      readonly next?: number;
    };

/**
 * Times of a CronJob in its time zone (UTC unless said, whatever this machine's is: as on a cluster). Times before `startingDeadlineSeconds` ago are given up.
 */
export function scheduledTimes(job: CronJob, now: number): Schedule {
  const { schedule, timeZone = "Etc/UTC", startingDeadlineSeconds } = job.spec;
  const every = /^@every\s+(.+)$/.exec(schedule)?.[1];
  let earliest = Date.parse(job.status?.lastScheduleTime ?? job.metadata.creationTimestamp ?? "") || now;
  if (startingDeadlineSeconds !== undefined && startingDeadlineSeconds !== null)
    earliest = Math.max(earliest, now - startingDeadlineSeconds * 1000);
  let nextAfter: (time: number) => number | undefined;
  try {
    if (every !== undefined) {
      const period = periodOf(every);
      if (period === undefined) return { type: "invalid", message: `unparseable schedule: ${schedule}` };
      nextAfter = (time) => time + period;
    } else {
      // Five fields or a nickname, as Kubernetes; croner would take seconds too.
      if (!schedule.startsWith("@") && schedule.trim().split(/\s+/).length !== 5)
        return { type: "invalid", message: `unparseable schedule: ${schedule}: expected exactly 5 fields` };
      // Day of month and day of week: either, as in Vixie cron, when both are restricted.
      const cron = new Cron(schedule, { utcOffset: 0, paused: true, legacyMode: true });
      const zone = zoneOf(timeZone);
      if (zone === undefined) return { type: "invalid", message: `unknown time zone ${timeZone}` };
      nextAfter = (time) => nextInZone(cron, zone, time);
    }
    let due: number | undefined;
    let missed = 0;
    let time = nextAfter(earliest);
    while (time !== undefined && time <= now && missed <= 100) {
      due = time;
      missed += 1;
      time = nextAfter(time);
    }
    if (missed > 100) {
      // A machine that slept for months: only the newest counts, found by looking back.
      const next = nextAfter(now);
      due = newestBefore(nextAfter, now, due ?? earliest);
      return { type: "valid", due, missed, next };
    }
    return { type: "valid", due, missed, next: time };
  } catch (error) {
    return { type: "invalid", message: `unparseable schedule: ${schedule}: ${(error as Error).message}` };
  }
}

/**
 * The next moment at which clocks of the zone show a time of the schedule: as on a cluster, none when they are put forward over it, two when they are put back over it.
 * Croner would ask `Intl`, which `timeZone.ts` says is dear; here it sees the zone's clock as if in UTC.
 */
function nextInZone(cron: Cron, zone: TimeZone, time: number): number | undefined {
  let period = zone.at(time);
  for (let from = time; ;) {
    const next = cron.nextRun(new Date(from + period.offset))?.getTime();
    if (next === undefined) return undefined;
    if (next - period.offset < period.until) return next - period.offset;
    // The next period, from its first second on.
    from = period.until - 1000;
    period = zone.at(period.until);
  }
}

/** The last time that is not after `now`, by doubling steps back from it. */
function newestBefore(nextAfter: (time: number) => number | undefined, now: number, floor: number): number {
  for (let back = 60_000; now - back > floor; back *= 2) {
    let time = nextAfter(now - back);
    if (time === undefined || time > now) continue;
    for (let later = nextAfter(time); later !== undefined && later <= now; later = nextAfter(later))
      time = later;
    return time;
  }
  return floor;
}

function periodOf(text: string): number | undefined {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  if (!/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    total += Number(amount) * (units[unit ?? ""] ?? 0);
  return Math.max(1000, Math.round(total / 1000) * 1000);
}
