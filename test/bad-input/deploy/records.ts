import { describe, expect, it } from "vitest";
import { unclear } from "../unclear.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Sound, but of another revision. */
const otherRecord = '{"number":1,"chunks":[],"summary":{},"at":"","who":"","why":""}';

export function recordCases(targetOf: () => Target): void {
  /** Three revisions; nothing to do. */
  const deployed = async (): Promise<Place> => {
    const place = await Place.open(targetOf());
    for (const two of ["2", "3", "4"]) {
      place.write({ one: "1", two });
      await place.must("deploy prod --yes");
    }
    place.proxy.writes.length = 0;
    return place;
  };
  const untouched = async (
    place: Place,
    lines: readonly string[],
    says: readonly string[],
  ): Promise<void> => {
    const before = await place.everything();
    for (const line of lines)
      expect(unclear(await place.run(line), 1, says).map((complaint) => `${line}: ${complaint}`)).toEqual([]);
    expect(place.proxy.writes).toEqual([]);
    expect(await place.everything()).toEqual(before);
  };
  const record = (place: Place, number: number) => place.ref("Secret", `moorage-tides-prod-r-${number}`);

  describe("that asks for a revision", () => {
    it.concurrent("that never was is told which ones there are", async () => {
      const place = await deployed();
      try {
        await untouched(
          place,
          ["rollback prod 7 --yes", "rollback prod 0 --yes", "rehearse prod --from 7"],
          ["There is no revision", "These are kept: 3, 2, 1."],
        );
        const { code, stderr } = await place.run("rollback prod last --yes");
        expect([code, stderr]).toEqual([2, expect.stringContaining("moorage history prod")]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("that was deleted is told which ones are left, and goes to those", async () => {
      const place = await deployed();
      try {
        await place.client.delete(record(place, 2));
        await untouched(
          place,
          ["rollback prod 2 --yes", "rehearse prod --from 2"],
          ["no revision 2", "kept: 3, 1."],
        );
        await place.must("rollback prod 1 --yes");
        expect(await place.values()).toEqual({ one: "1", two: "2" });
      } finally {
        await place.close();
      }
    });

    it.concurrent("whose record is rubbish is told so by its name; no older one is taken in its place", async () => {
      const place = await deployed();
      try {
        for (const text of ["", "{", "null", '{"number":2}', otherRecord]) {
          await place.client.patch(record(place, 2), "merge", { data: { revision: base64(text) } });
          await untouched(
            place,
            ["rollback prod 2 --yes", "rollback prod --yes", "rehearse prod --from 2"],
            [
              "Revision 2 is incomplete",
              "Secret moorage-tides-prod-r-2",
              "Choose another one from `moorage history`: 3, 1.",
            ],
          );
          const history = await place.must("history prod");
          expect(history.stderr).toContain("Revision 2 is damaged");
          expect(history.stdout.match(/^\d/gm)).toEqual(["3", "1"]);
        }
        await place.must("rollback prod 1 --yes");
        expect(await place.values()).toEqual({ one: "1", two: "2" });
        // Whoever has a copy can put it back.
        expect(await place.client.find(record(place, 2))).toBeDefined();
      } finally {
        await place.close();
      }
    });

    it.concurrent.each([
      {
        what: "is missing",
        tear: (place: Place, name: string) => place.client.delete(place.ref("Secret", name)),
        says: "was deleted",
      },
      {
        what: "is torn",
        tear: (place: Place, name: string) =>
          place.client.patch(place.ref("Secret", name), "merge", { data: { chunk: "AAAA" } }),
        says: "was changed",
      },
      {
        what: "is empty",
        tear: (place: Place, name: string) =>
          place.client.patch(place.ref("Secret", name), "merge", { data: { chunk: "" } }),
        says: "was changed",
      },
    ])("of which a part $what is refused; status and the next deploy go on", async ({ tear, says }) => {
      const place = await deployed();
      try {
        const { items } = await place.client.list(
          { apiVersion: "v1", kind: "Secret" },
          { namespace: place.namespace, labelSelector: "moorage.dev/state=chunk" },
        );
        for (const { metadata } of items) await tear(place, metadata.name ?? "");
        await untouched(
          place,
          ["rollback prod 1 --yes", "rollback prod --yes", "rehearse prod --from 1"],
          [
            "is incomplete: part",
            says,
            "moorage-tides-prod-c-",
            "A whole deploy of the platform file records a new one",
          ],
        );
        place.write({ one: "1", two: "5" });
        // The record of the others is needed for a deploy of one.
        await untouchedButLock(place, "deploy prod --only settings --yes", ["Revision 3 is incomplete"]);
        const status = await place.must("status prod");
        expect(status.stdout.replaceAll(/\s+/g, " ")).toContain("what exactly was deployed is not known");
        await place.must("deploy prod --yes");
        place.write({ one: "1", two: "6" });
        await place.must("deploy prod --yes");
        await place.must("rollback prod --yes");
        expect(await place.values()).toEqual({ one: "1", two: "5" });
      } finally {
        await place.close();
      }
    });
  });

  /** It is refused under the lock, before anything else is written. */
  const untouchedButLock = async (place: Place, line: string, says: readonly string[]): Promise<void> => {
    const before = await place.values();
    expect(unclear(await place.run(line), 1, says)).toEqual([]);
    expect(place.proxy.writes.filter((write) => !write.includes("/leases/"))).toEqual([]);
    expect(await place.values()).toEqual(before);
    expect(await place.holder()).toBeUndefined();
    place.proxy.writes.length = 0;
  };

  it.concurrent("whose inventory is rubbish refuses to write and says how to go on; plan and status do without", async () => {
    const place = await deployed();
    try {
      place.write({ one: "1", two: "5" });
      const inventory = place.ref("ConfigMap", "moorage-tides-prod-inventory");
      const before = await place.client.get(inventory);
      for (const [key, text] of [
        ["objects", "rubbish"],
        ["attempt", "{"],
        ["attempt", "null"],
        ["revision", "5"],
        ["revision", "{}"],
      ] as const) {
        const data = { ...(before["data"] as Record<string, string>), [key]: text };
        await place.client.patch(inventory, "json", [{ op: "replace", path: "/data", value: data }]);
        await untouched(
          place,
          ["deploy prod --yes", "destroy prod --yes", "rollback prod 1 --yes"],
          [
            `ConfigMap moorage-tides-prod-inventory in namespace ${place.namespace} is damaged: its "${key}"`,
            `kubectl delete configmap moorage-tides-prod-inventory -n ${place.namespace}`,
          ],
        );
        for (const line of ["plan prod", "status prod"])
          expect((await place.run(line)).stdout).toContain("is damaged");
      }
      await place.client.delete(inventory);
      await place.must("deploy prod --yes");
      // Numbers go on after those that there are.
      expect((await place.must("history prod")).stdout.match(/^\d/gm)).toEqual(["4", "3", "2", "1"]);
      await place.must("destroy prod --yes");
      expect(await place.values()).toEqual({});
    } finally {
      await place.close();
    }
  });
}
