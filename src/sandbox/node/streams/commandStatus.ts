import type { KubeStatus } from "../../../contract/index.ts";
import type { ProcessExit } from "../process/startProcess.ts";

/** How a command ended, as a client reads it off the error channel. Source: k8s.io/kubelet, cri/streaming/remotecommand/exec.go. */
export function exitStatus({ exitCode }: ProcessExit): KubeStatus {
  if (exitCode === 0) return { metadata: {}, status: "Success" } as KubeStatus;
  return {
    metadata: {},
    status: "Failure",
    reason: "NonZeroExitCode",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  } as KubeStatus;
}

/** A command that could not be started. */
export function startFailureStatus(message: string): KubeStatus {
  const text = `error executing command in container: ${message}`;
  return {
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${text}`,
    reason: "InternalError",
    details: { causes: [{ message: text }] },
    code: 500,
  } as KubeStatus;
}

/** Protocols before the fourth version know no Status: the message alone, and nothing when all went well. */
export const statusText = (status: KubeStatus, json: boolean): string =>
  json ? JSON.stringify(status) : status.status === "Success" ? "" : (status.message ?? "");
