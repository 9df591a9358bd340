import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { readZoneFile, type TimeZone } from "./zoneFile.ts";

/** Where systems keep their zones, in the order in which Go, and so a real control plane, looks for them. */
const folders = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

const utc: TimeZone = { at: () => ({ offset: 0, until: Infinity }) };

const known = new Map<string, TimeZone | undefined>();

/**
 * A zone of the IANA list by its name; undefined when there is none. It is read from the files of the system, as a real control plane does. Where a system has none it is
 * asked of `Intl`, which is otherwise kept away from: one `Intl.DateTimeFormat` takes 8 MB of memory for as long as the process lives.
 */
export function timeZone(name: string): TimeZone | undefined {
  if (/^(?:UTC|Etc\/UTC)$/.test(name)) return utc;
  if (known.has(name)) return known.get(name);
  const folder = folders.find(isFolder);
  const found = folder === undefined ? zoneOfIntl(name) : zoneOfSystem(folder, name);
  if (known.size < 1024) known.set(name, found);
  return found;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function zoneOfSystem(folder: string, name: string): TimeZone | undefined {
  // As Go: no way out of the folder.
  if (name === "" || name.includes("..") || name.includes("\\") || name.startsWith("/")) return undefined;
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
  return readZoneFile(bytes);
}

const day = 86_400_000;
const minute = 60_000;

/** What `Intl` says, which knows offsets, and nothing of when they change: that is searched within a day. */
export function zoneOfIntl(name: string): TimeZone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  const offsetAt = (moment: number): number => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(moment)) part[type] = Number(value);
    const { year = 0, month = 1, day: date, hour, minute: minutes, second } = part;
    const seconds = Math.floor(moment / 1000) * 1000;
    return Date.UTC(year, month - 1, date, hour, minutes, second) - seconds;
  };
  return {
    at(moment) {
      const offset = offsetAt(moment);
      let [same, other] = [moment, moment + day];
      if (offsetAt(other) === offset) return { offset, until: other };
      while (other - same > minute) {
        const middle = (same + other) / 2;
        if (offsetAt(middle) === offset) same = middle;
        else other = middle;
      }
      return { offset, until: Math.floor(other / minute) * minute };
    },
  };
}
