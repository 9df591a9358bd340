// node test/parity/random/hunt.ts [--runs 20] [--seed 1] [--length 25] [words of a title]: looks for differences, each cut down to the steps that show it.
import { parseArgs } from "node:util";
import * as fc from "fast-check";
import { describeDifference, type Difference } from "../findDifferences.ts";
import type { Step } from "../ParityCase.ts";
import { startServers } from "../startServers.ts";
import { sequences, type Sequence } from "./sequences.ts";
import type { Late } from "./steps.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    length: { type: "string", default: "25" },
  },
});

const servers = await startServers();
const shown = ({ method, path, query, headers, body, from }: Step): string =>
  [
    method,
    path.replace(/.*\/(?=[a-z]+(\/|$))/, ""),
    headers?.["content-type"]?.replace("application/", "") ?? "",
    from === undefined ? "" : `from ${from}`,
    JSON.stringify(query ?? {}),
    JSON.stringify(body ?? null),
  ].join(" ");

/** The differences of the first answer that has any. */
async function firstOf(sequence: Sequence, late: readonly Late[]): Promise<Difference[]> {
  const { differences } = await servers.compare(sequence.whole(late));
  // What a watch saw comes of an answer, mostly.
  const first = differences.find(({ path }) => path.split(".")[1] !== "events") ?? differences[0];
  const step = first?.path.split(".")[0];
  return differences.filter(({ path }) => path.split(".")[0] === step);
}

let steps = 0;
const seen = new Map<string, number>();
try {
  for (const [title, sequence] of Object.entries(sequences)) {
    if (positionals.length > 0 && !positionals.includes(title)) continue;
    const began = Date.now();
    const found = fc.sample(
      fc.array(sequence.steps, { minLength: 5, maxLength: Number(values.length), size: "max" }),
      { numRuns: Number(values.runs), seed: Number(values.seed) },
    );
    let same = 0;
    for (let late of found) {
      steps += sequence.whole(late).steps.length;
      let differences = await firstOf(sequence, late);
      if (differences.length === 0) {
        same++;
        continue;
      }
      const sign = (list: Difference[]): string =>
        list.map(({ path }) => path.replaceAll(/\d+/g, "#")).join(" ");
      const original = sign(differences);
      const count = seen.get(original) ?? 0;
      seen.set(original, count + 1);
      if (count > 1) continue;
      for (let size = Math.ceil(late.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
        for (let at = late.length - size; at >= 0; at -= size) {
          const fewer = [...late.slice(0, at), ...late.slice(at + size)];
          const still = await firstOf(sequence, fewer);
          if (still.length === 0 || sign(still) !== original) continue;
          late = fewer;
          differences = still;
        }
      }
      const parityCase = sequence.whole(late);
      console.log(`\n# ${title}`);
      const begin = Math.max(
        sequence.whole([]).steps.findIndex(({ watchUntil }) => watchUntil !== undefined) + 2,
        0,
      );
      const until = Number(differences[0]?.path.split(".")[0]);
      for (const [index, step] of parityCase.steps.entries())
        if (index >= begin && (index <= until || until < begin)) console.log(`  ${index} ${shown(step)}`);
      for (const difference of differences.slice(0, 6)) console.log(describeDifference(difference));
    }
    console.log(`\n= ${title}: ${same} of ${found.length} the same, ${Date.now() - began} ms`);
  }
} finally {
  await servers.stop();
}
console.log(`${steps} steps, seed ${values.seed}`);
