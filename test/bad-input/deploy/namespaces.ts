import { describe, expect, it } from "vitest";
import { unclear } from "../unclear.ts";
import { refusal, type ProxiedRequest } from "./HalfUpProxy.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const isNamespace = ({ path }: ProxiedRequest): boolean => /\/namespaces(\/[^/]+)?$/.test(path);

export function namespaceCases(targetOf: () => Target): void {
  describe("into a namespace", () => {
    it.concurrent("that is not there and may not be made: says what to ask for, and writes nothing", async () => {
      const place = await Place.open(targetOf(), { namespace: false });
      try {
        place.proxy.instead = (request) =>
          isNamespace(request) && request.method !== "GET"
            ? refusal(
                403,
                "Forbidden",
                `namespaces is forbidden: User "ada" cannot create resource "namespaces" in API group "" at the cluster scope`,
              )
            : undefined;
        expect(
          unclear(await place.run("deploy prod --yes"), 1, [
            `Namespace ${place.namespace}`,
            "forbidden",
            `kubectl create namespace ${place.namespace}`,
          ]),
        ).toEqual([]);
        // What a plan can show it shows, and the commands that look have nothing to say.
        expect((await place.run("plan prod")).stdout).toContain("ConfigMap one");
        expect((await place.run("history prod")).stdout).toContain("has not been deployed yet");
        expect((await place.run("status prod")).stdout).toContain("is not deployed");
        expect(
          unclear(await place.run("rollback prod --yes"), 1, ["There is no earlier revision of prod"]),
        ).toEqual([]);
        expect(
          unclear(await place.run("destroy prod --yes"), 1, [
            `prod is not deployed in namespace ${place.namespace}`,
          ]),
        ).toEqual([]);
        expect(place.proxy.writes).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("that is going away: says so and to wait, and leaves nothing in between", async () => {
      const place = await Place.open(targetOf());
      try {
        await place.must("deploy prod --yes");
        // Nobody empties it here, so that it stays on its way.
        await place.client.delete({ apiVersion: "v1", kind: "Namespace", name: place.namespace });
        const live = await place.client.find({ apiVersion: "v1", kind: "Namespace", name: place.namespace });
        expect(live?.metadata.deletionTimestamp).toBeDefined();
        place.write({ one: "9", three: "3" });
        place.proxy.writes.length = 0;
        const before = await place.values();
        for (const line of ["deploy prod --yes", "plan prod", "rollback prod 1 --yes"])
          expect(
            unclear(await place.run(line), 1, [`Namespace ${place.namespace} is being deleted`, "wait"]).map(
              (complaint) => `${line}: ${complaint}`,
            ),
          ).toEqual([]);
        expect(place.proxy.writes).toEqual([]);
        expect(await place.values()).toEqual(before);
        expect((await place.run("history prod")).code).toBe(0);
      } finally {
        await place.close();
      }
    });
  });
}
