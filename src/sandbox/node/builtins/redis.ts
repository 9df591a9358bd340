import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Builtin } from "./Builtin.ts";
import { findProgram } from "./findProgram.ts";

/** The redis-server (or valkey-server) on the PATH, with the options that the image's would get. */
export const redis: Builtin = async ({ command, args, env, mounts, port, folder, path }) => {
  const program = findProgram("redis-server", path) ?? findProgram("valkey-server", path);
  if (program === undefined) {
    return {
      reason: "RunContainerError",
      message:
        "redis-server is not on the PATH: install it (apt install redis-server, brew install redis), or say how this image runs here (dev: { run: [...] })",
    };
  }
  const data = mounts.find(({ mountPath }) => mountPath === "/data")?.folder ?? folder;
  const options = redisOptions(command, args);
  const fixed: string[] = ["--bind", "127.0.0.1", "--dir", data];
  if (port !== undefined) fixed.push("--port", String(port));
  const password = env["REDIS_PASSWORD"];
  // In a file, because arguments can be read by everybody on the machine.
  const configuration = join(folder, "redis.conf");
  await writeFile(
    configuration,
    password === undefined || password === "" ? "" : `requirepass "${password.replace(/["\\]/g, "\\$&")}"\n`,
    { mode: 0o600 },
  );
  return { argv: [program, configuration, ...options, ...fixed], cwd: data, env };
};

/** The options of redis-server in a container's command line, without those that are decided here. */
export function redisOptions(command: readonly string[], args: readonly string[]): string[] {
  const words = [...command, ...args];
  const server = words.findIndex((word) => /(^|\/)(redis|valkey)-server$/.test(word));
  const isShell = /(^|\/)(ba)?sh$/.test(command[0] ?? "");
  const options = server >= 0 && !isShell ? words.slice(server + 1) : [...args];
  const kept: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const option = options[at] ?? "";
    if (["--port", "--bind", "--dir", "--daemonize", "--protected-mode"].includes(option)) at++;
    else kept.push(option);
  }
  return kept;
}
