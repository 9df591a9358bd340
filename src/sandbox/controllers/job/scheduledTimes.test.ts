import { expect, test } from "vitest";
import type { CronJob } from "../objects/workloads.ts";
import { scheduledTimes } from "./scheduledTimes.ts";

const nextAfter = (schedule: string, timeZone: string | undefined, moment: string): string => {
  const job = { metadata: { creationTimestamp: moment }, spec: { schedule, timeZone } } as unknown as CronJob;
  const found = scheduledTimes(job, Date.parse(moment));
  return found.type === "invalid" ? found.message : new Date(found.next ?? 0).toISOString();
};

// As a real control plane's, whose schedule looks at each moment what the zone's clocks show.
test.each([
  ["30 2 * * *", undefined, "2024-03-31T00:00:00Z", "2024-03-31T02:30:00.000Z"],
  ["30 2 * * *", "Europe/Berlin", "2024-01-10T00:00:00Z", "2024-01-10T01:30:00.000Z"],
  ["30 2 * * *", "Europe/Berlin", "2024-07-10T00:00:00Z", "2024-07-10T00:30:00.000Z"],
  // Clocks are put forward from two to three.
  ["30 2 * * *", "Europe/Berlin", "2024-03-30T12:00:00Z", "2024-04-01T00:30:00.000Z"],
  ["0 3 * * *", "Europe/Berlin", "2024-03-30T12:00:00Z", "2024-03-31T01:00:00.000Z"],
  // And back from three to two.
  ["30 2 * * *", "Europe/Berlin", "2024-10-26T12:00:00Z", "2024-10-27T00:30:00.000Z"],
  ["30 2 * * *", "Europe/Berlin", "2024-10-27T00:30:00Z", "2024-10-27T01:30:00.000Z"],
  ["30 2 * * *", "Europe/Berlin", "2024-10-27T01:30:00Z", "2024-10-28T01:30:00.000Z"],
  ["*/15 * * * *", "Asia/Kathmandu", "2024-10-27T01:31:00Z", "2024-10-27T01:45:00.000Z"],
  ["0 0 29 2 *", "America/New_York", "2024-03-01T12:00:00Z", "2028-02-29T05:00:00.000Z"],
  ["@daily", "Europe/Berlin", "2024-07-10T00:00:00Z", "2024-07-10T22:00:00.000Z"],
  ["@daily", "Mars/Base", "2024-07-10T00:00:00Z", "unknown time zone Mars/Base"],
])("%s in %s comes after %s at %s", (schedule, zone, moment, expected) => {
  expect(nextAfter(schedule, zone, moment)).toBe(expected);
});
