import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/contract/index.ts";
import { unclear } from "../unclear.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const owners: readonly {
  readonly what: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly manager: string;
  readonly says: readonly string[];
  /** With `--adopt` it becomes ours. */
  readonly adoptable: boolean;
}[] = [
  {
    what: "another platform",
    metadata: { annotations: { "moorage.dev/owner": "waves.prod" } },
    manager: "moorage:waves.prod",
    says: ["ConfigMap one", "waves.prod"],
    adoptable: false,
  },
  {
    what: "another environment of the platform",
    metadata: { annotations: { "moorage.dev/owner": "tides.staging" } },
    manager: "moorage:tides.staging",
    says: ["ConfigMap one", "tides.staging"],
    adoptable: false,
  },
  {
    what: "helm",
    metadata: {
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "oceans", "meta.helm.sh/release-namespace": "other" },
    },
    manager: "helm",
    says: ["ConfigMap one", "oceans", "--adopt"],
    adoptable: true,
  },
  {
    what: "kubectl",
    metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}\n" } },
    manager: "kubectl-client-side-apply",
    says: ["ConfigMap one", "kubectl", "--adopt"],
    adoptable: true,
  },
];

export function ownerCases(targetOf: () => Target): void {
  describe("whose object is owned by", () => {
    it.concurrent.each(owners)(
      "$what: refuses and names it, whatever is done; nothing is written",
      async ({ metadata, manager, says, adoptable }) => {
        const place = await Place.open(targetOf());
        try {
          const object = {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { ...metadata, name: "one", namespace: place.namespace },
            data: { value: "theirs" },
          } as KubeObject;
          await place.client.create(object, { fieldManager: manager });
          const before = await place.everything();
          for (const line of [
            "plan prod",
            "deploy prod --yes",
            ...(adoptable ? [] : ["deploy prod --yes --adopt"]),
          ])
            expect(
              unclear(await place.run(line), 1, says).map((complaint) => `${line}: ${complaint}`),
            ).toEqual([]);
          const { error } = JSON.parse((await place.run("deploy prod --yes -o json")).stdout) as {
            error: { code: string; problems: { object: string }[] };
          };
          expect(error.problems).toEqual([expect.objectContaining({ object: "ConfigMap one" })]);
          expect(place.proxy.writes).toEqual([]);
          expect(await place.everything()).toEqual(before);
          if (!adoptable) return;
          await place.must("deploy prod --yes --adopt");
          // Destroying is for what is ours: this is, now.
          await place.must("destroy prod --yes");
          expect(await place.values()).toEqual({});
        } finally {
          await place.close();
        }
      },
    );

    it.concurrent("somebody else since: neither rolled back, nor pruned, nor destroyed", async () => {
      const place = await Place.open(targetOf());
      try {
        await place.must("deploy prod --yes");
        place.write({ one: "1", two: "3" });
        await place.must("deploy prod --yes");
        await place.client.patch(place.ref("ConfigMap", "two"), "merge", {
          metadata: { annotations: { "moorage.dev/owner": "waves.prod" } },
        });
        place.proxy.writes.length = 0;
        expect(unclear(await place.run("rollback prod 1 --yes"), 1, ["ConfigMap two", "waves.prod"])).toEqual(
          [],
        );
        expect(place.proxy.writes).toEqual([]);
        place.write({ one: "1" });
        await place.must("deploy prod --yes");
        await place.must("destroy prod --yes");
        expect(await place.values()).toEqual({ two: "3" });
      } finally {
        await place.close();
      }
    });
  });
}
