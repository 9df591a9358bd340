// Compiles src/ to dist/ with tsc and copies the data files that tsc leaves behind, but those of tests.
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { bundleCommand } from "./bundleCommand.ts";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");
const output = join(root, "dist");

rmSync(output, { recursive: true, force: true });
execFileSync(join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
for (const file of globSync("**/*.{gz,br,json,html,css,svg}", { cwd: source })) {
  if (file.split(sep).includes("testing")) continue;
  mkdirSync(dirname(join(output, file)), { recursive: true });
  cpSync(join(source, file), join(output, file));
}
await bundleCommand(root);
