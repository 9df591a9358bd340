import { existsSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { timeZone, zoneOfIntl } from "./timeZone.ts";
import { readZoneFile, type TimeZone } from "./zoneFile.ts";

const hasFiles = existsSync("/usr/share/zoneinfo/Europe/Berlin");

const hours = (name: string, moment: string): number =>
  (timeZone(name)?.at(Date.parse(moment)).offset ?? Number.NaN) / 3_600_000;

test.each([
  ["UTC", "2024-07-01T00:00:00Z", 0],
  ["Europe/Berlin", "2024-01-01T00:00:00Z", 1],
  ["Europe/Berlin", "2024-03-31T00:59:59Z", 1],
  ["Europe/Berlin", "2024-03-31T01:00:00Z", 2],
  ["America/New_York", "2024-11-21T00:00:00Z", -5],
  ["Asia/Kolkata", "2024-11-21T00:00:00Z", 5.5],
  ["Asia/Calcutta", "2024-11-21T00:00:00Z", 5.5],
  ["Australia/Sydney", "2024-01-01T00:00:00Z", 11],
])("in %s at %s clocks are %d hours ahead", (name, moment, expected) => {
  expect(hours(name, moment)).toBe(expected);
});

test.each(["Mars/Base", "", "../../etc/passwd", "/usr/share/zoneinfo/Europe/Berlin", "Europe", "tzdata.zi"])(
  "%j is no zone",
  (name) => {
    expect(timeZone(name)).toBeUndefined();
  },
);

/** One kind of local time, without a name, and no changes. */
function fileOf(rule: string): Buffer {
  const header = Buffer.alloc(44);
  header.write("TZif2", "latin1");
  header.writeUInt32BE(1, 36);
  return Buffer.concat([header, Buffer.alloc(6), header, Buffer.alloc(6), Buffer.from(`\n${rule}\n`)]);
}

const minute = 60_000;
const between = (from: string, to: string): fc.Arbitrary<number> =>
  fc
    .integer({ min: Date.parse(from) / minute, max: Date.parse(to) / minute })
    .map((minutes) => minutes * minute);

/** What a zone says of a moment, and what `Intl` does. */
function compared(zone: TimeZone, name: string, moment: number): { said: unknown; expected: unknown } {
  const other = zoneOfIntl(name)!;
  const { offset, until } = zone.at(moment);
  const of = { name, at: new Date(moment).toISOString(), goesOn: true };
  return {
    said: { ...of, goesOn: until > moment, offset, last: offset },
    expected: {
      ...of,
      offset: other.at(moment).offset,
      last: until === Infinity ? offset : other.at(until - 1).offset,
    },
  };
}

test.skipIf(!hasFiles)(
  "the files of the system say the same as Intl (skipped where a system has none; both are as old as they are, so of the past alone)",
  () => {
    const names = ["Berlin", "Lisbon", "London", "Athens"].map((name) => `Europe/${name}`);
    names.push("America/New_York", "America/St_Johns", "America/Phoenix", "Australia/Lord_Howe");
    names.push("Pacific/Auckland", "Asia/Tokyo", "Asia/Kathmandu", "Africa/Johannesburg");
    fc.assert(
      fc.property(fc.constantFrom(...names), between("1996-01-01", "2025-01-01"), (name, moment) => {
        const { said, expected } = compared(timeZone(name)!, name, moment);
        expect(said).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  },
);

test.each([
  ["CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Berlin", "1997-01-01"],
  ["EST5EDT,M3.2.0,M11.1.0", "America/New_York", "2008-01-01"],
  ["NZST-12NZDT,M9.5.0,M4.1.0/3", "Pacific/Auckland", "2008-01-01"],
  ["<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "Australia/Lord_Howe", "2009-01-01"],
  ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "America/Nuuk", "2024-01-01"],
  ["IST-5:30", "Asia/Kolkata", "2000-01-01"],
])("a file that only has the rule %s, as newer systems write them, is %s since %s", (rule, name, since) => {
  const zone = readZoneFile(fileOf(rule))!;
  fc.assert(
    fc.property(between(since, "2025-01-01"), (moment) => {
      const { said, expected } = compared(zone, name, moment);
      expect(said).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

test("days of a rule may be counted through the year, with the 29th of February and without", () => {
  const changes = (rule: string, year: number): string[] => {
    const zone = readZoneFile(fileOf(rule))!;
    const first = zone.at(Date.UTC(year, 0, 1)).until;
    return [first, zone.at(first).until].map((at) => new Date(at).toISOString());
  };
  expect(changes("AAA0BBB,J60/0,J300/1", 2024)).toEqual([
    "2024-03-01T00:00:00.000Z",
    "2024-10-27T00:00:00.000Z",
  ]);
  expect(changes("AAA0BBB,59/0,300/1", 2024)).toEqual([
    "2024-02-29T00:00:00.000Z",
    "2024-10-27T00:00:00.000Z",
  ]);
});

test("what is asked of Intl knows when its offset changes", () => {
  const zone = zoneOfIntl("Europe/Berlin")!;
  const change = Date.parse("2024-03-31T01:00:00Z");
  expect(zone.at(change - 3_600_000)).toEqual({ offset: 3_600_000, until: change });
  expect(zone.at(change).offset).toBe(7_200_000);
  expect(zoneOfIntl("Mars/Base")).toBeUndefined();
});
