import { spawn, type ChildProcess } from "node:child_process";
import { MoorageError } from "../contract/index.ts";
import type { Clock } from "./Clock.ts";
import type { ExecConfig, KubeconfigCluster } from "./kubeconfig.ts";

export interface ExecStatus {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/**
 * Credentials from a program, as client.authentication.k8s.io v1 and v1beta1 define it (kubernetes.io, "client-go credential plugins").
 * They are kept until they expire. What the program prints is never part of a message.
 */
export function execCredential(
  exec: ExecConfig,
  cluster: KubeconfigCluster,
  path: string,
  context: { env: Readonly<Record<string, string | undefined>>; clock: Clock },
): { get(): Promise<ExecStatus>; forget(): boolean; close(): void } {
  let running: ChildProcess | undefined;
  let kept: Promise<ExecStatus> | undefined;
  let expires = Infinity;
  const fail = (what: string, cause?: unknown): MoorageError =>
    new MoorageError("KubeconfigInvalid", `The credential plugin ${exec.command} ${what}.`, {
      path: `${path}.exec`,
      hint: exec.installHint ?? "Run it by hand to see what it needs, or sign in to the cluster again.",
      cause,
    });

  const noCommand = (): MoorageError =>
    new MoorageError("KubeconfigInvalid", "The credential plugin of the kubeconfig names no command.", {
      path: `${path}.exec.command`,
      hint: "Sign in to the cluster again, or write the program there.",
    });

  const run = async (): Promise<ExecStatus> => {
    if (typeof exec.command !== "string" || exec.command === "") throw noCommand();
    const apiVersion = exec.apiVersion ?? "client.authentication.k8s.io/v1";
    const interactive = exec.interactiveMode !== "Never" && process.stdin.isTTY;
    if (exec.interactiveMode === "Always" && !interactive) throw fail("needs a terminal");
    const info = {
      apiVersion,
      kind: "ExecCredential",
      spec: {
        interactive,
        ...(exec.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}),
      },
    };
    const env = { ...context.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) } as Record<string, string>;
    for (const each of exec.env ?? []) env[each.name] = each.value;
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn(exec.command, [...(exec.args ?? [])], {
        env,
        // Its messages and questions ("open this page and enter ...") are for the user.
        stdio: [interactive ? "inherit" : "ignore", "pipe", "inherit"],
      });
      running = child;
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.on("error", (error) => {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        reject(fail(missing ? "is not installed" : "could not be started", error));
      });
      child.on("close", (code, signal) => {
        running = undefined;
        if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
        else reject(fail(signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`));
      });
    });
    let answer: { apiVersion?: string; kind?: string; status?: ExecStatus };
    try {
      answer = JSON.parse(output) as typeof answer;
    } catch {
      throw fail("printed something that is not JSON");
    }
    const status = answer?.status;
    if (answer?.kind !== "ExecCredential" || !status) throw fail("printed no ExecCredential with a status");
    if (answer.apiVersion !== apiVersion) {
      throw fail(`answered in ${answer.apiVersion}, but was asked for ${apiVersion}`);
    }
    if (!status.token && !(status.clientCertificateData && status.clientKeyData)) {
      throw fail("gave neither a token nor a client certificate with its key");
    }
    const until = Date.parse(status.expirationTimestamp ?? "");
    // Without a time that can be read they are kept until the server refuses them.
    expires = Number.isNaN(until) ? Infinity : until;
    return status;
  };

  return {
    get() {
      if (kept === undefined || context.clock.now() >= expires) {
        expires = Infinity;
        const asked = run();
        kept = asked;
        asked.catch(() => {
          if (kept === asked) kept = undefined;
        });
      }
      return kept;
    },
    forget() {
      const had = kept !== undefined;
      kept = undefined;
      return had;
    },
    close() {
      running?.kill();
    },
  };
}

const clusterInfo = (cluster: KubeconfigCluster): Record<string, unknown> => ({
  server: cluster.server,
  "tls-server-name": cluster["tls-server-name"],
  "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
  "certificate-authority-data": cluster["certificate-authority-data"],
  "proxy-url": cluster["proxy-url"],
});
