// Runs after `npm ci` in a checkout: builds dist/, and links the package into its own node_modules, so that
// `npx moorage` and `import ... from "moorage"` in examples/ mean this checkout.
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const modules = join(root, "node_modules");

if (existsSync(join(root, "src")) && existsSync(join(modules, ".bin"))) {
  await import("./build.ts");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  for (const [link, target] of [
    [join(modules, "moorage"), ".."],
    [join(modules, ".bin", "moorage"), "../../bin/moorage.js"],
  ] as const) {
    rmSync(link, { force: true, recursive: false });
    symlinkSync(target, link);
  }
}
