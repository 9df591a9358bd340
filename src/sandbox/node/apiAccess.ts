import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "./Pod.ts";
import { tokenPath, type TokenMounts } from "./process/TokenMounts.ts";
import type { ServiceAddress } from "./references/ServiceDirectory.ts";
import type { MountFolder } from "./references/substituteMounts.ts";

export interface AccessContext {
  readonly pod: Pod;
  readonly apiServer: ServiceAddress | undefined;
  readonly tokenMounts: TokenMounts;
  /** Private to the container. */
  readonly folder: string;
}

/**
 * How a program that speaks to its own API server finds its token: at the path that in-cluster clients have in their code, where this machine
 * can show it there; else by a kubeconfig, which most of them take when KUBECONFIG names one. Nothing for a container without a token.
 */
export async function apiAccess(
  { pod, apiServer, tokenMounts, folder }: AccessContext,
  mounts: readonly MountFolder[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly env: Record<string, string>; readonly enter?: readonly string[] }> {
  const volume = mounts.find(({ mountPath }) => mountPath === tokenPath)?.folder;
  if (volume === undefined) return { env: {} };
  const enter = await tokenMounts.enter(volume, join(folder, "run"));
  if (enter !== undefined) return { env: {}, enter };
  const [port] = apiServer?.ports.values() ?? [];
  if (port === undefined || env["KUBECONFIG"] !== undefined) return { env: {} };
  const name = "in-cluster";
  const tokenFile = join(volume, "token");
  // Both: some clients do not know the file, others read it again when the token was replaced.
  const token = await readFile(tokenFile, "utf8").catch(() => undefined);
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name,
        cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": join(volume, "ca.crt") },
      },
    ],
    users: [{ name, user: { token, tokenFile } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: pod.metadata.namespace } }],
    "current-context": name,
  };
  const file = join(folder, "kubeconfig");
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(kubeconfig, undefined, 2)}\n`, { mode: 0o600 });
  return { env: { KUBECONFIG: file } };
}
