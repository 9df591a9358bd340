import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../tools/cacheFolder.ts";

const sources = join(import.meta.dirname, "control-plane");

/** The version of Kubernetes that `control-plane/go.mod` names: `v1.36.3`. */
export function kubernetesVersion(): string {
  const version = /^\s*k8s\.io\/kubernetes (v\S+)$/m.exec(readFileSync(join(sources, "go.mod"), "utf8"))?.[1];
  if (version === undefined) throw new Error(`${sources}/go.mod requires no k8s.io/kubernetes`);
  return version;
}

/** Where the program is, or will be: the name holds a digest of all that it is built from, so another version is another file. */
function programPath(): string {
  const digest = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) digest.update(readFileSync(join(sources, file)));
  const folder = `control-plane-${kubernetesVersion()}-${digest.digest("hex").slice(0, 12)}`;
  return join(cacheFolder(), folder, "control-plane");
}

/** The built program; undefined when it has not been built yet. */
export function findControlPlane(): string | undefined {
  const path = programPath();
  return existsSync(path) ? path : undefined;
}

/**
 * Builds the program unless it is there; takes minutes the first time. Politely: at the lowest priority, and one package at a time
 * unless `GOFLAGS` says otherwise.
 */
export async function buildControlPlane(say: (line: string) => void): Promise<string> {
  const path = programPath();
  if (existsSync(path)) return path;
  const version = kubernetesVersion();
  const [major, minor] = version.slice(1).split(".");
  // As Kubernetes' own builds stamp it; without it the server calls itself v0.0.0-master.
  const stamps = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const ldflags = Object.entries(stamps).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  say(`Building the control plane of Kubernetes ${version}: once, some minutes.`);
  const temporary = `${path}.${process.pid}`;
  mkdirSync(join(path, ".."), { recursive: true });
  try {
    await run(
      "nice",
      [
        "-n",
        "19",
        "go",
        "build",
        "-mod=readonly",
        "-trimpath",
        "-ldflags",
        ["-s -w", ...ldflags].join(" "),
        "-o",
        temporary,
        ".",
      ],
      { CGO_ENABLED: "0", GOFLAGS: process.env["GOFLAGS"] || "-p=1" },
    );
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  return path;
}

function run(command: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: sources,
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`go build of ${sources} ended with code ${code}; Go 1.26 or newer is needed`)),
    );
  });
}
