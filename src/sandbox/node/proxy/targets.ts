import type { KubeObject } from "../../../contract/index.ts";
import type { Service } from "./Service.ts";

export interface Slice extends KubeObject {
  ports?: { name?: string; port?: number; protocol?: string }[];
  endpoints?: {
    addresses?: string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
    targetRef?: { kind?: string; uid?: string };
  }[];
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What the proxy asks the node about its pods. */
export interface PodPorts {
  /** Container port -> loopback port of a pod; undefined when it is not here. */
  of(uid: string): { ports: ReadonlyMap<number, number>; terminating: boolean } | undefined;
  /** Of the pod with this host name behind a headless service. */
  ofHost(namespace: string, subdomain: string, hostname: string): ReadonlyMap<number, number> | undefined;
}

/**
 * Where connections to a service's port may go now: its ready endpoints; while there is none, those that still serve while they end (as
 * kube-proxy does). The node knows of a pod's end before any slice does.
 */
export function targetsOf(
  service: Service,
  port: number,
  slices: readonly Slice[],
  pods: PodPorts,
): Target[] {
  const name = service.spec.ports?.find((entry) => entry.port === port)?.name ?? "";
  const ready: Target[] = [];
  const ending: Target[] = [];
  for (const slice of slices) {
    const number = slice.ports?.find((entry) => (entry.name ?? "") === name)?.port;
    if (number === undefined) continue;
    for (const { addresses, conditions, targetRef } of slice.endpoints ?? []) {
      const pod = targetRef?.kind === "Pod" ? pods.of(targetRef.uid ?? "") : undefined;
      if (targetRef?.kind === "Pod" && pod === undefined) continue;
      const local = pod === undefined ? number : pod.ports.get(number);
      const host = pod === undefined ? addresses?.[0] : "127.0.0.1";
      if (local === undefined || host === undefined) continue;
      const isReady = conditions?.ready !== false;
      if (isReady && pod?.terminating !== true) ready.push({ host, port: local });
      else if (
        (isReady || conditions?.serving === true) &&
        (conditions?.terminating === true || pod?.terminating === true)
      ) {
        ending.push({ host, port: local });
      }
    }
  }
  return ready.length > 0 ? ready : ending;
}
