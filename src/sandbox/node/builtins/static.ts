import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Builtin } from "./Builtin.ts";

/** The sandbox's own file server, run by this very node. */
export const staticServer: Builtin = async ({ env, cwd, port, nodeBinary }) => {
  if (cwd === undefined || !existsSync(cwd)) {
    return {
      reason: "CreateContainerConfigError",
      message: `the folder with the pages is not there: ${cwd ?? "dev.cwd is not set"}`,
    };
  }
  const own = import.meta.url;
  const program = fileURLToPath(new URL(own.endsWith(".ts") ? "./serveFolder.ts" : "./serveFolder.js", own));
  return { argv: [nodeBinary, program], cwd, env: { ...env, PORT: String(port ?? env["PORT"] ?? 8080) } };
};
