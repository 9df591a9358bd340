#!/usr/bin/env node
// Checks the version of Node before anything that an old one can't read is loaded.
const needed = [22, 23, 2];
const found = process.versions.node.split(".").map(Number);
const difference = needed.map((part, i) => found[i] - part).find((part) => part !== 0);

if (difference !== undefined && difference < 0) {
  process.stderr.write(
    "moorage needs Node " +
      needed.join(".") +
      " or newer; this is Node " +
      process.versions.node +
      ". In a checkout, use `npx moorage`.\n",
  );
  process.exitCode = 1;
} else {
  void import("node:module")
    .then((module) => {
      // It would make the folder that TMPDIR names, where there is none.
      const { existsSync } = process.getBuiltinModule("node:fs");
      const { tmpdir } = process.getBuiltinModule("node:os");
      if (module.enableCompileCache && existsSync(tmpdir())) module.enableCompileCache();
      return import("../dist/command/main.js");
    })
    .then((cli) => cli.main());
}
