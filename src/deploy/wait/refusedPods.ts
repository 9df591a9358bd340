import type { KubeObject } from "../../contract/index.ts";
import type { Context } from "../DeployContext.ts";
import { failed, type Readiness } from "../readiness/Readiness.ts";
import { eventTime, eventsOf } from "./failureReport.ts";

/** Refusals that waiting does not cure; a server that was busy is another matter. */
const lasting = /forbidden|exceeded quota|is invalid|not found/i;

/**
 * A controller that may not make its pods says so only in events, except for Deployments. An event counts when nothing has happened since: neither was the object written, nor did a pod come.
 * All these times are the cluster's own, in whole seconds.
 */
export async function refusedPods(
  makers: readonly { readonly object: KubeObject; readonly pods: readonly KubeObject[] }[],
  context: Context,
): Promise<{ object: KubeObject; state: Readiness } | undefined> {
  for (const { object, pods } of makers) {
    const events = await eventsOf([object], context).catch(() => []);
    const since = Math.max(
      writtenAt(object),
      ...pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") || 0),
    );
    const refusal = events.findLast(
      (event) =>
        event.reason === "FailedCreate" &&
        lasting.test(event.message ?? "") &&
        seconds(eventTime(event)) >= since,
    );
    if (refusal !== undefined) return { object, state: failed("FailedCreate", refusal.message ?? "") };
  }
  return undefined;
}

const seconds = (time: string): number => Math.floor((Date.parse(time) || 0) / 1000) * 1000;

/** When somebody wrote the object last, its status apart. */
function writtenAt({ metadata }: KubeObject): number {
  const writes = (metadata.managedFields ?? []).filter(({ subresource }) => !subresource);
  return Math.max(0, ...writes.map(({ time }) => Date.parse(time ?? "") || 0));
}
