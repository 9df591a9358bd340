import type { KubeObject } from "../../contract/index.ts";
import type { Restarts } from "./EnvironmentStatus.ts";

interface Terminated {
  readonly reason?: string;
  readonly exitCode?: number;
  readonly finishedAt?: string;
}
interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly terminated?: Terminated };
  readonly lastState?: { readonly terminated?: Terminated };
}

/** How often containers of these pods were started again, and why the last time. */
export function restartsOf(pods: readonly KubeObject[]): Restarts | undefined {
  let count = 0;
  let last: { ended: Terminated; where: string } | undefined;
  for (const pod of pods) {
    const status = (pod["status"] ?? {}) as {
      containerStatuses?: ContainerStatus[];
      initContainerStatuses?: ContainerStatus[];
    };
    for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      const restarts = container.restartCount ?? 0;
      count += restarts;
      const ended = container.lastState?.terminated ?? container.state?.terminated;
      if (restarts === 0 || ended === undefined) continue;
      if (last === undefined || (ended.finishedAt ?? "") > (last.ended.finishedAt ?? ""))
        last = { ended, where: `${pod.metadata.name ?? ""}/${container.name}` };
    }
  }
  if (count === 0) return undefined;
  if (last === undefined) return { count };
  const { ended, where } = last;
  return {
    count,
    reason: reasonOf(ended),
    ...(ended.finishedAt === undefined ? {} : { at: ended.finishedAt }),
    where,
  };
}

/** `Error` says nothing that the exit code does not. */
function reasonOf({ reason, exitCode }: Terminated): string {
  if (reason !== undefined && reason !== "Error" && reason !== "Completed") return reason;
  return exitCode === undefined ? (reason ?? "unknown") : `exit code ${exitCode}`;
}
