// Holds the imports of src/ against the table of rooms in ARCHITECTURE.md: which room may import which. Nor may files import each other in a
// circle, not even for a type: what both need stands in a file of its own.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const source = resolve(import.meta.dirname, "..", "src");

/** Room -> rooms that it may import. `contract` and the room itself always may be. */
const allowed: Record<string, readonly string[]> = {
  contract: [],
  platform: [],
  components: ["platform"],
  routing: [],
  kube: [],
  deploy: ["platform", "components", "kube", "secrets", "index.ts"],
  release: ["platform", "kube"],
  secrets: ["platform", "kube"],
  sessions: ["components", "kube"],
  gateway: ["routing", "kube"],
  connector: ["routing", "kube"],
  sandbox: ["kube", "routing"],
  rehearse: ["platform", "kube", "deploy", "sandbox"],
  importer: ["platform", "components"],
  dev: ["platform", "components", "kube", "deploy", "secrets", "sandbox", "routing"],
  // The package's own door: what a platform file imports.
  "index.ts": ["platform", "components"],
};
const everything = new Set(["cli", "console"]);

/** Tests may reach for the rooms they drive, as a user of several would. */
const isTest = (file: string): boolean => /\.test(-d)?\.ts$/.test(file) || file.includes("/testing/");

const roomOf = (file: string): string => relative(source, file).split("/")[0] ?? "";
const problems: string[] = [];
/** File -> the files of src/ that it imports. */
const imports = new Map<string, string[]>();

for (const name of globSync("**/*.ts", { cwd: source })) {
  const file = join(source, name);
  const room = roomOf(file);
  if (isTest(file)) continue;
  // An example in a comment imports nothing.
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)].map(([, path = ""]) =>
    resolve(dirname(file), path),
  );
  imports.set(file, targets);
  if (everything.has(room)) continue;
  const rules = allowed[room];
  if (rules === undefined) {
    problems.push(`src/${name}: ${room} is no room of the table`);
    continue;
  }
  for (const path of targets) {
    const target = roomOf(path);
    if (target !== room && target !== "contract" && !rules.includes(target)) {
      problems.push(`src/${name}: ${room} may not import ${target} (${relative(dirname(file), path)})`);
    }
  }
}

const done = new Set<string>();

/** Follows the imports of a file; `from` is the way by which it was reached. */
function findCircles(file: string, from: readonly string[]): void {
  if (from.includes(file)) {
    const circle = [...from.slice(from.indexOf(file)), file].map((one) => `src/${relative(source, one)}`);
    problems.push(`a circle of imports: ${circle.join(" -> ")}`);
  }
  if (done.has(file)) return;
  done.add(file);
  for (const next of imports.get(file) ?? []) findCircles(next, [...from, file]);
}
for (const file of imports.keys()) findCircles(file, []);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log("Every import follows the table of rooms, and none goes in a circle.");
