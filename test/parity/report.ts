// node test/parity/report.ts [--show] [words]: what differs between the real API server and the sandbox's, case by case.
import { cases } from "./cases/index.ts";
import { describeDifference } from "./findDifferences.ts";
import { knownDifferences } from "./knownDifferences.ts";
import { startServers } from "./startServers.ts";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const show = process.argv.includes("--show");
const wanted = cases.filter(({ title }) => words.every((word) => title.includes(word)));
const servers = await startServers();
let same = 0;
try {
  for (const parityCase of wanted) {
    const { differences, real, sandbox } = await servers.compare(parityCase);
    const known = knownDifferences[parityCase.title];
    if (differences.length === 0) same++;
    if (differences.length === 0 && known !== undefined)
      console.log(`\n# ${parityCase.title}: no longer differs; take it off the list`);
    if (differences.length > 0)
      console.log(`\n# ${parityCase.title}${known === undefined ? "" : " (known)"}`);
    for (const difference of differences.slice(0, 8)) console.log(describeDifference(difference));
    if (differences.length > 8) console.log(`... and ${differences.length - 8} more`);
    if (show) console.log(JSON.stringify({ real, sandbox }, undefined, 1));
  }
} finally {
  await servers.stop();
}
console.log(`\n${same} of ${wanted.length} cases are the same on both.`);
