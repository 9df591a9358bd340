// A made-up line list: some 20,000 cases of a respiratory disease over 60 weeks in two waves. The same seed gives the same cases.

/** One case as epidemiologists list them. Dates are ISO days; `age` is in years; `null` is "not reported". */
export interface Case {
  id: number;
  onset: string;
  confirmed: string | null;
  region: string;
  district: string;
  age: number | null;
  sex: "female" | "male" | "unknown";
  outcome: "recovered" | "hospitalised" | "died" | "unknown";
  source: string;
  notes: string;
}

const regions: Record<string, readonly string[]> = {
  Anselm: ["Harbour", "Old Town", "Mill Hill"],
  Brevik: ["Northfield", "Quarry", "Saltmarsh", "Tern Bay"],
  Corvane: ["Upper Vale", "Lower Vale"],
  Delmora: ["Eastgate", "Orchard", "Riverside"],
  Estvale: ["Chapel", "Larch Wood", "Station"],
};
const sources = ["laboratory", "general practice", "hospital", "contact tracing"] as const;
const remarks = [
  "",
  "",
  "",
  "",
  "travel in the last 14 days",
  "household cluster",
  "school cluster",
  "works in health care",
  "second sample pending",
] as const;

const firstDay = Date.UTC(2024, 8, 2);
const day = 86_400_000;

/** Numbers in [0, 1) from a seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** @param count how many cases; ids run from 1 in the order of onset. */
export function makeLineList(count = 20_000, seed = 20_241): Case[] {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const bell = (): number => (random() + random() + random() + random()) / 4;
  const regionNames = Object.keys(regions);

  const onsets = Array.from({ length: count }, () => {
    const wave = random();
    const dayOfYear = wave < 0.62 ? 30 + bell() * 190 : wave < 0.95 ? 220 + bell() * 180 : random() * 420;
    return Math.min(419, Math.floor(dayOfYear));
  }).toSorted((a, b) => a - b);

  return onsets.map((onsetDay, index) => {
    // The smaller regions catch the second wave late.
    const region = regionNames[Math.floor(random() ** 1.4 * regionNames.length)] as string;
    const age = random() < 0.03 ? null : Math.floor(Math.min(101, random() ** 1.2 * 95));
    const risk = age === null ? 0.02 : (age / 100) ** 3;
    const luck = random();
    const outcome =
      luck < risk * 0.25
        ? "died"
        : luck < risk * 0.9 + 0.02
          ? "hospitalised"
          : luck < 0.93
            ? "recovered"
            : "unknown";
    const confirmedAfter = Math.floor(random() * 9);
    return {
      id: index + 1,
      onset: isoDay(firstDay + onsetDay * day),
      confirmed: random() < 0.08 ? null : isoDay(firstDay + (onsetDay + confirmedAfter) * day),
      region,
      district: pick(regions[region] ?? [""]),
      age,
      sex: random() < 0.02 ? "unknown" : random() < 0.51 ? "female" : "male",
      outcome,
      source: pick(sources),
      notes: pick(remarks),
    };
  });
}
