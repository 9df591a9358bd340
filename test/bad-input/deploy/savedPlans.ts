import { describe, expect, it } from "vitest";
import { unclear } from "../unclear.ts";
import { HalfUpProxy } from "./HalfUpProxy.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

interface Saved {
  digest: string;
  objects: { key: string; action: string }[];
}
/** As somebody does who edits the file. */
const edited =
  (change: (plan: Saved) => void) =>
  (text: string): string => {
    const plan = JSON.parse(text) as Saved;
    change(plan);
    return JSON.stringify(plan, null, 2);
  };

const changed = ["was changed after it was saved", "moorage plan ENV --save FILE"];

/** What is in the file instead of what was saved. */
const files: readonly { what: string; of: (text: string) => string; says: readonly string[] }[] = [
  { what: "is cut off", of: (text) => text.slice(0, -40), says: ["not JSON: cut off"] },
  { what: "is empty", of: () => "", says: ["it is empty"] },
  { what: "is something else", of: () => "[1, 2]", says: ["it names no format"] },
  {
    what: "is of another version",
    of: (text) => text.replace('"moorage-plan/1"', '"moorage-plan/9"'),
    says: ['its format is "moorage-plan/9"', "this version of Moorage"],
  },
  {
    what: "had a deletion taken out by hand",
    of: edited((plan) => void (plan.objects = plan.objects.filter(({ action }) => action !== "delete"))),
    says: changed,
  },
  { what: "shows another action", of: (text) => text.replace('"delete"', '"none"'), says: changed },
  {
    what: "names another object",
    of: (text) => text.replace('"name": "two"', '"name": "twi"'),
    says: changed,
  },
  { what: "has rubbish in it", of: edited((plan) => void plan.objects.push(null as never)), says: changed },
  { what: "has no digest", of: edited((plan) => void (plan.digest = "")), says: changed },
];

export function savedPlanCases(targetOf: () => Target): void {
  /** Deployed, and a plan saved that creates `three`, changes `one` and deletes `two`. */
  const planned = async (): Promise<Place> => {
    const place = await Place.open(targetOf());
    await place.must("deploy prod --yes");
    place.write({ one: "9", three: "3" });
    await place.must("plan prod --save approved.plan");
    place.proxy.writes.length = 0;
    return place;
  };
  /** What is not as it has to be: the message, or that something was written. */
  const wrongIn = async (
    place: Place,
    says: readonly string[],
    line = "deploy prod --plan approved.plan",
  ): Promise<string[]> => {
    const before = await place.everything();
    const complaints = unclear(await place.run(line), 1, says);
    const same = JSON.stringify(await place.everything()) === JSON.stringify(before);
    return [...complaints, ...place.proxy.writes, ...(same ? [] : ["objects are not as before"])];
  };

  describe("from a plan file", () => {
    it.concurrent("that is as it was saved is carried out, formatted anew or not", async () => {
      const place = await planned();
      try {
        const text = place.folder.read("approved.plan");
        place.folder.write("approved.plan", JSON.stringify(JSON.parse(text)));
        await place.must("deploy prod --plan approved.plan");
        expect(await place.values()).toEqual({ one: "9", three: "3" });
        // What was done is not done again.
        place.proxy.writes.length = 0;
        expect(
          await wrongIn(place, [
            "revision 2 is deployed, not 1",
            "ConfigMap one: none instead of update",
            "ConfigMap three was created since",
            "ConfigMap two is not part of it any more",
          ]),
        ).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("that is not what was saved is refused, with the file and why", async () => {
      const place = await planned();
      try {
        const text = place.folder.read("approved.plan");
        for (const { what, of, says } of files) {
          expect(of(text), what).not.toBe(text);
          place.folder.write("approved.plan", of(text));
          expect(await wrongIn(place, ["approved.plan", ...says])).toEqual([]);
        }
        expect(
          unclear(await place.run("deploy prod --plan nothing.plan"), 2, ["nothing.plan can't be read"]),
        ).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("of another environment, another component or another cluster is refused by name", async () => {
      const place = await planned();
      const other = await HalfUpProxy.start(place.target.transport);
      try {
        expect(
          await wrongIn(
            place,
            ["is for environment prod, not staging", "approved.plan"],
            "deploy staging --plan approved.plan",
          ),
        ).toEqual([]);
        expect(
          await wrongIn(
            place,
            ["is for all components, not for component settings alone", "without --only"],
            "deploy prod --only settings --plan approved.plan",
          ),
        ).toEqual([]);
        const server = `http://127.0.0.1:${other.port}`;
        const { server: here } = place;
        place.kubeconfig({ cluster: { server } });
        expect(
          await wrongIn(place, [
            `made for the cluster at ${here}, and this is ${server}`,
            "Point the context",
          ]),
        ).toEqual([]);
        expect(other.writes).toEqual([]);
      } finally {
        await other.close();
        await place.close();
      }
    });

    it.concurrent("whose objects moved since is refused with each of them", async () => {
      const place = await planned();
      try {
        const { client } = place;
        await client.delete(place.ref("ConfigMap", "one"));
        await client.create({
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "three", namespace: place.namespace },
        });
        await client.delete(place.ref("ConfigMap", "two"));
        expect(
          await wrongIn(place, [
            "does not hold any more",
            "ConfigMap one was deleted since",
            "ConfigMap three was created since",
            "ConfigMap two is not part of it any more",
            "have it approved",
          ]),
        ).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("is refused when objects or the platform file were changed since", async () => {
      const place = await planned();
      try {
        await place.client.patch(place.ref("ConfigMap", "one"), "merge", {
          data: { other: "x", value: "y" },
        });
        expect(await wrongIn(place, ["ConfigMap one was changed since: other fields would change"])).toEqual(
          [],
        );
        place.write({ one: "10", three: "3", four: "4" });
        expect(
          await wrongIn(place, [
            "ConfigMap one: the platform file wants something else",
            "ConfigMap four would be created, which it does not say",
          ]),
        ).toEqual([]);
      } finally {
        await place.close();
      }
    });
  });
}
