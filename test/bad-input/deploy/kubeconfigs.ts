import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unclear } from "../unclear.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const good = (server: string) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "okd", cluster: { server } }] as unknown,
  users: [{ name: "ada", user: {} }] as unknown,
  contexts: [{ name: "okd", context: { cluster: "okd", user: "ada" } }] as unknown,
});
type Config = ReturnType<typeof good>;

const cases: readonly { what: string; of: (config: Config) => unknown; says: readonly string[] }[] = [
  { what: "is empty", of: () => "", says: ['has no context "okd"', "It has no contexts."] },
  { what: "is no YAML", of: () => "users: [{ token: canary\n", says: ["is not valid YAML", "kubeconfig:2"] },
  { what: "is binary", of: () => "\u0000\u0001canary\u0002", says: ["kubeconfig"] },
  { what: "is a list", of: () => [1, 2], says: ["is not a kubeconfig"] },
  { what: "is a text", of: () => "canary", says: ["is not a kubeconfig"] },
  {
    what: "has contexts that are no list",
    of: (config) => ({ ...config, contexts: 5 }),
    says: ["is not a kubeconfig"],
  },
  {
    what: "has contexts that are null",
    of: (config) => ({ ...config, contexts: [null] }),
    says: ["is not a kubeconfig"],
  },
  {
    what: "has contexts that are numbers",
    of: (config) => ({ ...config, contexts: [5] }),
    says: ["is not a kubeconfig"],
  },
  {
    what: "has a context that is a text",
    of: (config) => ({ ...config, contexts: [{ name: "okd", context: "okd" }] }),
    says: ["is not a kubeconfig"],
  },
  {
    what: "has a user that is a text",
    of: (config) => ({ ...config, users: [{ name: "ada", user: "canary" }] }),
    says: ["is not a kubeconfig"],
  },
  {
    what: "has a token that is a number",
    of: (config) => ({ ...config, users: [{ name: "ada", user: { token: 5 } }] }),
    says: ["is not a kubeconfig", "users.ada.token"],
  },
  {
    what: "has a server that is a number",
    of: (config) => ({ ...config, clusters: [{ name: "okd", cluster: { server: 5 } }] }),
    says: ["is not a kubeconfig", "clusters.okd.server"],
  },
  {
    what: "names a cluster that is not there",
    of: (config) => ({ ...config, clusters: [] }),
    says: ['Context "okd" uses cluster "okd", which is not there'],
  },
  {
    what: "names a user that is not there",
    of: (config) => ({ ...config, users: null }),
    says: ['Context "okd" uses user "ada", which is not there'],
  },
  {
    what: "has a context without a cluster",
    of: (config) => ({ ...config, contexts: [{ name: "okd", context: {} }] }),
    says: ['Context "okd" names no cluster'],
  },
  {
    what: "has no address",
    of: (config) => ({ ...config, clusters: [{ name: "okd", cluster: {} }] }),
    says: ["without a valid server address", "clusters.okd.server"],
  },
  {
    what: "has an address that is none",
    of: (config) => ({ ...config, clusters: [{ name: "okd", cluster: { server: "api.example.org" } }] }),
    says: ["without a valid server address"],
  },
  {
    what: "has an address of another protocol",
    of: (config) => ({
      ...config,
      clusters: [{ name: "okd", cluster: { server: "ftp://api.example.org" } }],
    }),
    says: ["without a valid server address"],
  },
  {
    what: "names a certificate that is not there",
    of: (config) => ({ ...config, users: [{ name: "ada", user: { "client-certificate": "gone.crt" } }] }),
    says: ["gone.crt", "can't be read"],
  },
  {
    what: "names an authority that is not there",
    of: (config) => ({
      ...config,
      clusters: [
        { name: "okd", cluster: { server: "https://127.0.0.1:1", "certificate-authority": "gone.crt" } },
      ],
    }),
    says: ["gone.crt", "can't be read"],
  },
  {
    what: "names a file with a token that is not there",
    of: (config) => ({ ...config, users: [{ name: "ada", user: { tokenFile: "gone.token" } }] }),
    says: ["gone.token", "can't be read"],
  },
  {
    what: "signs in by a plugin that left kubectl",
    of: (config) => ({ ...config, users: [{ name: "ada", user: { "auth-provider": { name: "gcp" } } }] }),
    says: ['auth-provider "gcp" is not supported', "exec"],
  },
];

/** Nothing is asked of the server. */
export function kubeconfigCases(targetOf: () => Target): void {
  describe("whose kubeconfig", () => {
    it.concurrent.each(cases)("$what: says so and where; nothing of it is quoted", async ({ of, says }) => {
      const place = await Place.open(targetOf(), { namespace: false });
      try {
        const config = of(good(place.server));
        const file = place.folder.write(
          "kubeconfig",
          typeof config === "string" ? config : JSON.stringify(config),
        );
        place.folder.environment.KUBECONFIG = file;
        for (const line of ["deploy prod --yes", "status prod"]) {
          const result = await place.run(line);
          expect(
            unclear(result, 1, ["kubeconfig", "→", ...says]).map((complaint) => `${line}: ${complaint}`),
          ).toEqual([]);
        }
        expect(place.folder.everything).not.toContain("canary");
        expect(place.proxy.writes).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("is not there, or a folder: says so with its path", async () => {
      const place = await Place.open(targetOf(), { namespace: false });
      try {
        const path = join(place.folder.path, "nothing", "kubeconfig");
        place.folder.environment.KUBECONFIG = path;
        expect(
          unclear(await place.run("plan prod"), 1, [path, "There is no kubeconfig", "KUBECONFIG"]),
        ).toEqual([]);
        mkdirSync(path, { recursive: true });
        expect(unclear(await place.run("plan prod"), 1, [path, "can't be read", "KUBECONFIG"])).toEqual([]);
      } finally {
        await place.close();
      }
    });

    it.concurrent("has no current context: does not matter, as the environment names its own", async () => {
      const place = await Place.open(targetOf());
      try {
        place.folder.write("kubeconfig", JSON.stringify(good(place.server)));
        await place.must("deploy prod --yes");
        expect(await place.values()).toEqual({ one: "1", two: "2" });
      } finally {
        await place.close();
      }
    });
  });
}
