import type { KubeObject } from "../../contract/index.ts";
import type { Controller } from "./runtime/Controller.ts";

/** Milliseconds that an event is kept after it last happened; a kube-apiserver's `--event-ttl`. */
const keptFor = 3_600_000;

interface Event extends KubeObject {
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string };
}

/** Forgets events an hour after they last happened. */
export const eventExpiryController: Controller = {
  name: "event-expiry-controller",
  watches: [{ apiVersion: "v1", kind: "Event" }],
  async reconcile(key, context) {
    const event = context.store<Event>("v1", "Event").get(key);
    if (event === undefined) return undefined;
    const { creationTimestamp } = event.metadata;
    const last =
      event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? creationTimestamp;
    const wait = Date.parse(last ?? "") + keptFor - context.clock.now();
    if (wait > 0) return wait;
    await context.write.delete(event);
    return undefined;
  },
};
