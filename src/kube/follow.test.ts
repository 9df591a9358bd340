import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { KubeList, KubeObject, WatchEvent } from "../contract/index.ts";
import { ApiUnreachable } from "./ApiUnreachable.ts";
import { follow } from "./follow.ts";
import { KubeError } from "./KubeError.ts";

type Change = { name: string; remove: boolean };
type Disturbance = "none" | "break" | "end" | "expire" | "refuse-list";

/**
 * A little cluster that changes while it is followed, and whose connections break, end and expire: whoever believes the events of
 * `follow` must end up with what the cluster holds, and never be told of a deletion of what isn't there or an addition of what is.
 */
it("tells what leads to the cluster's state, whatever happens to its connections", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          changes: fc.array(fc.record({ name: fc.constantFrom("a", "b", "c"), remove: fc.boolean() }), {
            maxLength: 4,
          }),
          disturbance: fc.constantFrom<Disturbance>("none", "break", "end", "expire", "refuse-list"),
          // How many events of this round get through before the disturbance.
          through: fc.nat({ max: 4 }),
        }),
        { maxLength: 8 },
      ),
      async (rounds) => {
        const state = new Map<string, KubeObject>();
        const history: { version: number; event: WatchEvent }[] = [];
        let version = 0;
        const change = ({ name, remove }: Change): void => {
          const before = state.get(name);
          if (remove && !before) return;
          version += 1;
          const metadata = {
            name,
            namespace: "n",
            uid: before?.metadata.uid ?? `u${version}`,
            resourceVersion: String(version),
          };
          const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata };
          if (remove) state.delete(name);
          else state.set(name, object);
          history.push({
            version,
            event: { type: remove ? "DELETED" : before ? "MODIFIED" : "ADDED", object },
          });
        };
        const stop = new AbortController();
        const request = { method: "GET", path: "/" };
        const refusal = (code: number, reason: string): KubeError =>
          new KubeError(
            { apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", reason, code },
            code,
            request,
          );
        let round = 0;
        let refuseList = false;
        const client = {
          async list(): Promise<KubeList> {
            if (refuseList) {
              refuseList = false;
              throw refusal(503, "ServiceUnavailable");
            }
            return {
              apiVersion: "v1",
              kind: "List",
              metadata: { resourceVersion: String(version) },
              items: [...state.values()],
            };
          },
          async *watch(_: unknown, options?: { resourceVersion?: string }): AsyncGenerator<WatchEvent> {
            const from = Number(options?.resourceVersion);
            const current = rounds[round];
            round += 1;
            for (const each of current?.changes ?? []) change(each);
            const missed = history.filter((each) => each.version > from);
            if (current === undefined) {
              for (const { event } of missed) yield event;
              stop.abort();
              return;
            }
            for (const { event } of missed.slice(0, current.through)) yield event;
            if (current.disturbance === "none")
              for (const { event } of missed.slice(current.through)) yield event;
            if (current.disturbance === "break")
              throw new ApiUnreachable("broke", { mayHaveBeenProcessed: true });
            if (current.disturbance === "expire" || current.disturbance === "refuse-list") {
              refuseList = current.disturbance === "refuse-list";
              throw refusal(410, "Expired");
            }
          },
        };
        const believed = new Map<string, string>();
        const clock = { now: () => 0, sleep: async () => {} };
        const events = follow<KubeObject>(
          client as never,
          { apiVersion: "v1", kind: "ConfigMap" },
          { signal: stop.signal },
          { clock, random: () => 0 },
        );
        for await (const event of events) {
          if (event.type === "SYNCED") continue;
          const { name, resourceVersion } = event.object.metadata;
          expect(believed.has(name!)).toBe(event.type !== "ADDED");
          if (event.type === "DELETED") believed.delete(name!);
          else believed.set(name!, resourceVersion!);
        }
        expect(believed).toEqual(
          new Map([...state].map(([name, each]) => [name, each.metadata.resourceVersion])),
        );
      },
    ),
  );
});
