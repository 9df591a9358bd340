import { describe, expect, it } from "vitest";
import type { ProxiedRequest } from "./HalfUpProxy.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

/** The first revision is deployed; the platform file wants one object changed, one made, and one gone. */
async function halfway(target: Target): Promise<Place> {
  const place = await Place.open(target);
  await place.must("deploy prod --yes");
  place.write({ one: "9", three: "3" });
  return place;
}

const wanted = { one: "9", three: "3" };
const writes = (method: string, path: RegExp) => (request: ProxiedRequest) =>
  request.write && request.method === method && path.test(request.path);

interface Interrupted {
  readonly what: string;
  readonly line: string;
  /** The user presses Ctrl-C when this request is on its way; it takes effect all the same. */
  readonly at: (request: ProxiedRequest) => boolean;
  readonly says: readonly (string | RegExp)[];
  /** What `status` says afterwards. Where the note that a deploy began comes in after the note that it was interrupted, it says the first. */
  readonly status: RegExp;
}

const cases: readonly Interrupted[] = [
  {
    what: "the plan is made",
    line: "deploy prod --yes",
    at: ({ query }) => query.has("dryRun"),
    says: ["Interrupted: nothing was written."],
    status: /tides prod is healthy/,
  },
  {
    what: "the lock is taken",
    line: "deploy prod --yes",
    at: writes("PUT", /leases/),
    says: ["Interrupted: no object of the platform was written.", "The lock is released."],
    status: /tides prod is healthy/,
  },
  {
    what: "what is going to be written is noted",
    line: "deploy prod --yes",
    at: writes("PATCH", /-inventory$/),
    says: [
      "Interrupted: 0 of 2 changes were written, 0 of 1 deletions done.",
      "The lock is released.",
      "moorage rollback prod 1",
    ],
    status: /(?:was interrupted|has not come to its end)[^]*Deploy again to finish it/,
  },
  {
    what: "an object is written",
    line: "deploy prod --yes",
    at: writes("PATCH", /configmaps\/three$/),
    says: [
      // Both are sent at once.
      /Interrupted: [01] of 2 changes were written, 0 of 1 deletions done; (ConfigMap one, )?ConfigMap three (was|were) on the way, and may be done too\./,
      "The lock is released.",
      "Deploy again to finish, or go back to what was there before: moorage rollback prod 1",
    ],
    status: /(?:was interrupted|has not come to its end)[^]*ConfigMap three[^]*Deploy again to finish it/,
  },
  {
    what: "an object is deleted",
    line: "deploy prod --yes",
    at: writes("DELETE", /configmaps\/two$/),
    says: [
      "Interrupted: 2 of 2 changes were written, 0 of 1 deletions done; ConfigMap two was on the way",
      "The lock is released.",
    ],
    status: /(?:was interrupted|has not come to its end)/,
  },
  {
    what: "the revision is recorded",
    line: "deploy prod --yes",
    at: writes("PATCH", /secrets\/moorage-tides-prod-r-2$/),
    says: ["Interrupted: 2 of 2 changes were written, 1 of 1 deletions done.", "The lock is released."],
    status: /(?:was interrupted|has not come to its end)/,
  },
  {
    what: "a rollback writes",
    line: "rollback prod 1 --yes",
    at: writes("PATCH", /configmaps\/two$/),
    says: [
      "Interrupted: 0 of 1 changes were written",
      "ConfigMap two was on the way",
      "The lock is released.",
    ],
    status: /(?:was interrupted|has not come to its end)/,
  },
  {
    what: "an environment is destroyed",
    line: "destroy prod --yes",
    at: writes("DELETE", /configmaps\/one$/),
    says: [
      /Interrupted: [01] of 2 objects were deleted; on the way, and perhaps deleted too: .*ConfigMap one/,
      "moorage destroy prod",
    ],
    status: /(?:was interrupted|has not come to its end)/,
  },
];

export function interruptedCases(targetOf: () => Target): void {
  describe("that is interrupted with Ctrl-C while", () => {
    it.concurrent.each(cases)(
      "$what: says how far it came, leaves the lock free, and the next one finishes",
      async ({ line, at, says, status }) => {
        const place = await halfway(targetOf());
        try {
          if (line.startsWith("rollback")) {
            place.write({ one: "1", two: "3" });
            await place.must("deploy prod --yes");
          }
          const stop = new AbortController();
          place.proxy.instead = (request) => {
            if (at(request)) stop.abort();
            return undefined;
          };
          const { code, stderr } = await place.run(line, { signal: stop.signal });
          place.proxy.instead = () => undefined;
          await place.proxy.settled();
          expect(code, stderr).toBe(130);
          const unsaid = says.filter((text) =>
            typeof text === "string" ? !stderr.includes(text) : !text.test(stderr),
          );
          expect(unsaid, stderr).toEqual([]);
          expect(stderr).not.toMatch(/ bug|\n {4}at /);
          expect(await place.holder()).toBeUndefined();
          expect((await place.run("status prod")).stdout).toMatch(status);
          expect((await place.run("plan prod")).code).toBe(0);
          const again = line.startsWith("deploy")
            ? await place.run("deploy prod --yes")
            : await place.run(line);
          expect(again.code, again.stderr).toBe(0);
          expect(await place.values()).toEqual(
            line.startsWith("destroy") ? {} : line.startsWith("rollback") ? { one: "1", two: "2" } : wanted,
          );
        } finally {
          await place.close();
        }
      },
    );
  });

  describe("whose server fails in the middle of it", () => {
    it.concurrent.each([
      {
        what: "its connection breaks for good",
        instead: "break",
        says: [
          "The connection to the API server",
          "broke",
          "ConfigMap three was on the way, and may be done too",
        ],
      },
      {
        what: "the credentials end",
        instead: { status: 401, body: "{}" },
        says: ['did not accept the credentials of context "okd"', "sign in"],
      },
    ] as const)("$what: says how far it came, and the next one finishes", async ({ instead, says }) => {
      const place = await halfway(targetOf());
      try {
        let down = false;
        place.proxy.instead = (request) => {
          if (writes("PATCH", /configmaps\/three$/)(request)) down = true;
          return down ? instead : undefined;
        };
        const { code, stdout } = await place.run("deploy prod --yes -o json");
        const { error, components } = JSON.parse(stdout) as {
          error: { message: string; hint: string };
          components: unknown;
        };
        expect(code).toBe(1);
        const said = `${error.message}\n${error.hint}`;
        for (const text of [
          ...says,
          "of 2 changes were written",
          "Deploy again to finish",
          "The lock could not be released",
        ])
          expect(said).toContain(text);
        expect(components).toEqual([
          { component: "settings", state: "waiting", message: "writing its objects" },
        ]);
        place.proxy.instead = () => undefined;
        await place.shortenLease();
        await place.must("deploy prod --yes");
        expect(await place.values()).toEqual(wanted);
      } finally {
        await place.close();
      }
    });
  });
}

/** The command as a process of its own, with real signals and real pipes. */
export function processCases(targetOf: () => Target): void {
  /** A deploy as a process; `act` happens when its write of an object is on the way, which is then held until the process went on. */
  const deploying = async (
    act: (process: ReturnType<Place["folder"]["startSource"]>) => void,
    held: () => boolean = () => false,
  ) => {
    const place = await halfway(targetOf());
    let child: ReturnType<Place["folder"]["startSource"]> | undefined;
    let acted = false;
    place.proxy.instead = (request) => {
      if (!writes("PATCH", /configmaps\/three$/)(request)) return acted && held() ? "hang" : undefined;
      if (!acted && child !== undefined) act(child);
      acted = true;
      return held() ? "hang" : undefined;
    };
    child = place.folder.startSource(["deploy", "prod", "--yes"]);
    return { place, child, release: () => (place.proxy.instead = () => undefined) };
  };

  describe("as a process, or beside a server that went silent,", () => {
    it.concurrent("the server has stopped answering: ends soon all the same, and says that the lock is still held", async () => {
      const place = await halfway(targetOf());
      try {
        const stop = new AbortController();
        let silent = false;
        place.proxy.instead = (request) => {
          if (writes("PATCH", /configmaps\/three$/)(request)) silent = true;
          if (silent) stop.abort();
          return silent ? "hang" : undefined;
        };
        const { code, stderr } = await place.run("deploy prod --yes", { signal: stop.signal });
        expect(code).toBe(130);
        expect(stderr).toContain("ConfigMap three");
        expect(stderr).toContain("The lock could not be released");
        expect(stderr).not.toContain("The lock is released");
        place.proxy.instead = () => undefined;
        expect(await place.holder()).toMatch(/^ada@/);
        expect((await place.run("status prod")).stdout).toContain("is deploying now");
        await place.shortenLease();
        const next = await place.must("deploy prod --yes");
        expect(next.stderr).toContain("took over the lock of ada@");
        expect(await place.values()).toEqual(wanted);
      } finally {
        await place.close();
      }
    });

    it.concurrent.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
      "stops at %s with the lock free",
      async (signal) => {
        const { place, child } = await deploying((process) => void process.child.kill(signal));
        try {
          const { code, stderr } = await child.ended;
          await place.proxy.settled();
          expect([code, stderr]).toEqual([expect.anything(), expect.stringContaining("Interrupted: ")]);
          expect(code).toBe(130);
          expect(stderr).toContain("The lock is released.");
          expect(await place.holder()).toBeUndefined();
          await place.must("deploy prod --yes");
          expect(await place.values()).toEqual(wanted);
        } finally {
          await place.close();
        }
      },
    );

    it.concurrent("stops at once at the second Ctrl-C, and says what that leaves", async () => {
      const { place, child, release } = await deploying(
        ({ child: process }) => void process.kill("SIGINT"),
        () => true,
      );
      try {
        await child.prints(/Ctrl-C again stops at once/);
        const { code, stderr } = await child.interrupt();
        release();
        expect(code).toBe(130);
        expect(stderr).toContain("Stopped at once: what was on the way to prod may be written or not");
        expect(stderr).toContain("moorage status prod");
        expect(await place.holder()).toMatch(/^ada@/);
        await place.shortenLease();
        await place.must("deploy prod --yes");
        expect(await place.values()).toEqual(wanted);
      } finally {
        await place.close();
      }
    });

    it.concurrent("goes to its end when nobody reads what it prints any more", async () => {
      const { place, child } = await deploying(({ child: { stdout, stderr } }) => {
        stdout?.destroy();
        stderr?.destroy();
      });
      try {
        const { code } = await child.ended;
        expect(code).toBe(0);
        expect(await place.holder()).toBeUndefined();
        expect(await place.values()).toEqual(wanted);
        expect((await place.must("plan prod")).stdout).toContain("Nothing to do");
      } finally {
        await place.close();
      }
    });
  });
}
