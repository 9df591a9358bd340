import { cpus, totalmem } from "node:os";
import { deploy } from "./deploy.ts";
import { example } from "./example.ts";
import { help } from "./help.ts";
import { plan } from "./plan.ts";
import type { Row } from "./Row.ts";
import { sandbox } from "./sandbox.ts";
import { sideBySide } from "./sideBySide.ts";

const benchmarks: Readonly<Record<string, () => Promise<Row[]>>> = {
  help,
  sandbox: async () => [...(await sandbox()), ...(await sideBySide())],
  plan,
  example,
  deploy,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => benchmarks[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(", ")}. There are: ${Object.keys(benchmarks).join(", ")}.`,
  );
  process.exit(2);
}

console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}\n`,
);
console.log("| what | measured | must reach | |\n|---|---|---|---|");
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const row of await run()) {
    const verdict = row.reached === undefined ? "" : row.reached ? "reached" : "**missed**";
    console.log(`| ${row.what} | ${row.measured} | ${row.mustReach} | ${verdict} |`);
  }
}
