import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/contract/index.ts";
import { unclear } from "../unclear.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const time = (): string => new Date().toISOString().replace("Z", "000Z");

const locked = ["deploy prod --yes", "rollback prod 1 --yes", "destroy prod --yes"] as const;

export function lockCases(targetOf: () => Target): void {
  const deployed = (): Promise<Place> => Place.deployedTwice(targetOf());
  const hold = async (place: Place, spec?: Readonly<Record<string, unknown>>): Promise<void> => {
    const { apiVersion, kind, name, namespace } = place.lease;
    if ((await place.client.find(place.lease)) !== undefined) await place.client.delete(place.lease);
    const lease = {
      apiVersion,
      kind,
      metadata: { name, namespace },
      ...(spec === undefined ? {} : { spec }),
    };
    await place.client.create<KubeObject>(lease);
  };

  describe("whose lock", () => {
    it.concurrent("somebody else holds: says who, since when and what to do, and `status` too; nothing is written", async () => {
      const place = await deployed();
      const over = new AbortController();
      try {
        await hold(place, {
          holderIdentity: "grace@cluster 0123abcd",
          leaseDurationSeconds: 15,
          acquireTime: "2026-01-02T03:04:05.000000Z",
          renewTime: time(),
        });
        const renewing = (async () => {
          while (!over.signal.aborted) {
            await place.client.patch(place.lease, "merge", { spec: { renewTime: time() } });
            await sleep(100);
          }
        })();
        const before = await place.values();
        place.proxy.writes.length = 0;
        const results = await Promise.all(locked.map((line) => place.run(line)));
        for (const result of results)
          expect(
            unclear(result, 1, [
              "grace@cluster is deploying prod, since 2026-01-02 03:04 UTC.",
              "Wait until it is done, or ask them",
            ]),
          ).toEqual([]);
        expect((await place.run("status prod")).stdout).toContain("grace@cluster is deploying now");
        over.abort();
        await renewing;
        expect(place.proxy.writes).toEqual([]);
        expect(await place.values()).toEqual(before);
        expect(await place.holder()).toBe("grace@cluster 0123abcd");
      } finally {
        over.abort();
        await place.close();
      }
    });

    it.concurrent.each([
      {
        what: "was held by a deploy that died",
        spec: { holderIdentity: "eve@gone 0123abcd", leaseDurationSeconds: 1 },
        says: "took over the lock of eve@gone",
      },
      { what: "says nothing", spec: undefined, says: "" },
      { what: "is empty", spec: {}, says: "" },
      { what: "is held by nobody", spec: { holderIdentity: "" }, says: "" },
      {
        what: "is held by rubbish",
        spec: { holderIdentity: "\u0007 ", leaseDurationSeconds: 1 },
        says: "took over",
      },
    ])("$what is taken", async ({ spec, says }) => {
      const place = await deployed();
      try {
        await hold(place, spec);
        const { stderr } = await place.must("deploy prod --yes");
        expect(stderr).toContain(says);
        expect(await place.values()).toEqual({ one: "1", two: "4" });
        expect(await place.holder()).toBeUndefined();
      } finally {
        await place.close();
      }
    });

    it.concurrent("claims to be held for years is not waited for", async () => {
      const place = await deployed();
      try {
        await hold(place, { holderIdentity: "eve@gone", leaseDurationSeconds: 2_147_483_647 });
        const before = await place.everything();
        for (const line of locked)
          expect(
            unclear(await place.run(line), 1, [
              "eve@gone is deploying prod",
              "2147483647 s",
              `kubectl delete lease moorage-tides-prod -n ${place.namespace}`,
            ]),
          ).toEqual([]);
        expect(await place.everything()).toEqual(before);
      } finally {
        await place.close();
      }
    });
  });
}
