/** A stretch of time in which clocks of a zone are so many milliseconds ahead of UTC. */
export interface Period {
  readonly offset: number;
  /** Milliseconds since 1970; the first that may be of another period. */
  readonly until: number;
}

/** How far clocks of a zone are ahead of UTC. */
export interface TimeZone {
  /** The period that a moment (milliseconds since 1970) is in. */
  at(moment: number): Period;
}

/** A file of the system's zones (TZif, RFC 9636, versions 2 to 4: numbers of 64 bits); undefined when it is something else. */
export function readZoneFile(bytes: Buffer): TimeZone | undefined {
  if (bytes.toString("latin1", 0, 4) !== "TZif" || bytes[4] === 0) return undefined;
  // The first block is for readers of version 1, with numbers of 32 bits.
  const start = blockAt(bytes, 0, 4).end;
  const { times, types, count, end } = blockAt(bytes, start, 8);
  const at = (index: number): number => Number(bytes.readBigInt64BE(start + 44 + index * 8)) * 1000;
  const offsets = (type: number): number => bytes.readInt32BE(types + type * 6) * 1000;
  const offsetAfter = (index: number): number => offsets(index < 0 ? 0 : bytes.readUInt8(times + index));
  const rule = readRule(bytes.toString("latin1", end).trim());
  return {
    at(moment) {
      let [low, high] = [0, count];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (at(middle) <= moment) low = middle + 1;
        else high = middle;
      }
      if (low < count) return { offset: offsetAfter(low - 1), until: at(low) };
      return rule?.(moment) ?? { offset: offsetAfter(count - 1), until: Infinity };
    },
  };
}

/** Where the parts of a block are: the types of the transitions, what the types say, and its end. */
function blockAt(
  bytes: Buffer,
  start: number,
  width: number,
): { times: number; types: number; count: number; end: number } {
  const [isUt = 0, isStandard = 0, leaps = 0, count = 0, kinds = 0, letters = 0] = [0, 1, 2, 3, 4, 5].map(
    (index) => bytes.readUInt32BE(start + 20 + index * 4),
  );
  const times = start + 44 + count * width;
  const types = times + count;
  return { times, types, count, end: types + kinds * 6 + letters + leaps * (width + 4) + isStandard + isUt };
}

/** What holds after the last change that a file lists, written as for the variable TZ: `CET-1CEST,M3.5.0,M10.5.0/3`. */
function readRule(text: string): ((moment: number) => Period) | undefined {
  const name = "(?:[A-Za-z]{3,}|<[^>]+>)";
  const time = "[+-]?\\d+(?::\\d+){0,2}";
  const found = new RegExp(`^${name}(${time})(?:${name}(${time})?,([^,]+),([^,]+))?$`).exec(text);
  if (found === null) return undefined;
  const [, west = "0", summerWest, from, to] = found;
  const standard = -secondsOf(west) * 1000;
  if (from === undefined || to === undefined) return () => ({ offset: standard, until: Infinity });
  const summer = summerWest === undefined ? standard + 3_600_000 : -secondsOf(summerWest) * 1000;
  return (moment) => {
    const year = new Date(moment).getUTCFullYear();
    // Each is told in the time that it ends.
    const changes = [year - 1, year, year + 1]
      .flatMap((each) => [
        { at: dayOf(from, each) - standard, offset: summer },
        { at: dayOf(to, each) - summer, offset: standard },
      ])
      .toSorted((a, b) => a.at - b.at);
    const next = changes.findIndex(({ at }) => at > moment);
    return { offset: changes[next - 1]?.offset ?? standard, until: changes[next]?.at ?? Infinity };
  };
}

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

const day = 86_400_000;

/** The moment of a year that `M10.5.0/3` (the last Sunday of October at three), `J60` or `59` means, as if in UTC. */
function dayOf(rule: string, year: number): number {
  const [date = "", time = "2"] = rule.split("/");
  const after = secondsOf(time) * 1000;
  const weekly = /^M(\d+)\.(\d)\.(\d)$/.exec(date);
  if (weekly === null) {
    const number = Number(date.replace("J", ""));
    // J counts without the 29th of February, from 1.
    const leap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
    const days = date.startsWith("J") ? number - 1 + (leap && number >= 60 ? 1 : 0) : number;
    return Date.UTC(year, 0, 1) + days * day + after;
  }
  const [, month = 1, week = 1, weekday = 0] = weekly.map(Number);
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let date1 = 1 + ((weekday - first + 7) % 7) + (week - 1) * 7;
  if (date1 > days) date1 -= 7;
  return Date.UTC(year, month - 1, date1) + after;
}
