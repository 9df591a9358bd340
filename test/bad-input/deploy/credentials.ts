import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { unclear } from "../unclear.ts";
import { everyCommand } from "./everyCommand.ts";
import { Place } from "./Place.ts";
import { clientCertificate, type Target } from "./targets.ts";

type User = Readonly<Record<string, unknown>>;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const jwt = (payload: unknown): string =>
  [{ alg: "none" }, payload, "canary"]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
const certified = async (target: Target, days: number): Promise<User> => {
  const { certificate, key } = await clientCertificate(target, days);
  return { "client-certificate-data": base64(certificate), "client-key-data": base64(key) };
};
/** A credential plugin: a program of the shell. */
const plugin = (script: string, more: User = {}): User => ({
  exec: {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "/bin/sh",
    args: ["-c", script],
    interactiveMode: "Never",
    installHint: "Install the plugin: see the handbook of your site.",
    ...more,
  },
});
const printed = (status: unknown): string =>
  `echo '${JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status })}'`;

const refused: readonly {
  what: string;
  user: (target: Target) => User | Promise<User>;
  says: readonly string[];
}[] = [
  {
    what: "a client certificate that has expired",
    user: (target) => certified(target, -2),
    says: [
      'did not accept the credentials of context "okd": its client certificate expired at 20',
      "sign in",
    ],
  },
  {
    what: "a token that has expired",
    user: () => ({ token: jwt({ exp: 1_600_000_000 }) }),
    says: ["its token expired at 2020-09-13 12:26 UTC", "sign in"],
  },
  {
    what: "a token that was revoked",
    user: () => ({ token: "canary-token" }),
    says: ['did not accept the credentials of context "okd".', "sign in"],
  },
  {
    what: "a client certificate with the key of another",
    user: async (target) => ({
      ...(await certified(target, 2)),
      "client-key-data": (await certified(target, 2))["client-key-data"],
    }),
    says: ["the client certificate of the kubeconfig, its key", "Sign in to the cluster again"],
  },
  {
    what: "a client certificate that is none",
    user: () => ({ "client-certificate-data": base64("canary"), "client-key-data": base64("canary") }),
    says: ["the client certificate of the kubeconfig, its key", "PEM"],
  },
];

const plugins: readonly { what: string; user: User; says: readonly string[] }[] = [
  { what: "fails", user: plugin("exit 3"), says: ["/bin/sh failed with exit code 3", "see the handbook"] },
  {
    what: "is killed",
    user: plugin("kill -9 $$"),
    says: ["/bin/sh was ended by SIGKILL", "see the handbook"],
  },
  {
    what: "is not there",
    user: plugin("", { command: "/no/such/plugin" }),
    says: ["/no/such/plugin is not installed"],
  },
  {
    what: "is not named",
    user: { exec: { apiVersion: "client.authentication.k8s.io/v1" } },
    says: ["names no command", "users.ada.exec"],
  },
  { what: "prints rubbish", user: plugin("echo canary"), says: ["printed something that is not JSON"] },
  { what: "prints nothing", user: plugin("true"), says: ["printed something that is not JSON"] },
  { what: "prints null", user: plugin("echo null"), says: ["printed no ExecCredential"] },
  {
    what: "gives no credentials",
    user: plugin(printed({})),
    says: ["neither a token nor a client certificate"],
  },
  {
    what: "gives a token that has expired",
    user: plugin(
      printed({ token: jwt({ exp: 1_600_000_000 }), expirationTimestamp: "2020-09-13T12:26:40Z" }),
    ),
    says: ["its token expired at 2020-09-13 12:26 UTC"],
  },
  {
    what: "says rubbish of when its token ends",
    user: plugin(printed({ token: "canary", expirationTimestamp: "soon" })),
    says: ["did not accept the credentials"],
  },
  {
    what: "needs a terminal",
    user: plugin(printed({ token: "canary" }), { interactiveMode: "Always" }),
    says: ["needs a terminal"],
  },
];

export function credentialCases(targetOf: () => Target): void {
  const deployed = async (): Promise<Place> => {
    const place = await Place.open(targetOf());
    await place.must("deploy prod --yes");
    place.write({ one: "1", two: "3" });
    return place;
  };
  /** Straight to the server, as somebody. */
  const signIn = (place: Place, user: User): void => {
    const { server, authority } = place.target;
    place.kubeconfig({
      cluster: { server, "certificate-authority-data": base64(authority.certificate) },
      user,
    });
  };
  const wrongIn = async (
    place: Place,
    user: User,
    lines: readonly string[],
    says: readonly string[],
  ): Promise<string[]> => {
    signIn(place, user);
    const before = JSON.stringify(await place.everything());
    const results = await Promise.all(lines.map(async (line) => ({ line, result: await place.run(line) })));
    const same = JSON.stringify(await place.everything()) === before;
    return [
      ...results.flatMap(({ line, result }) =>
        unclear(result, 1, says).map((complaint) => `${line}: ${complaint}`),
      ),
      ...(place.folder.everything.includes("canary") ? ["shows what is secret"] : []),
      ...(same ? [] : ["objects are not as before"]),
    ];
  };

  describe("that signs in with", () => {
    it.concurrent("a client certificate that is good works", async () => {
      const place = await deployed();
      try {
        signIn(place, await certified(place.target, 2));
        await place.must("deploy prod --yes");
        expect(await place.values()).toEqual({ one: "1", two: "3" });
      } finally {
        await place.close();
      }
    });

    it.concurrent.each(refused)(
      "$what: every command says so and where, and nothing is written",
      async ({ user, says }) => {
        const place = await deployed();
        try {
          expect(
            await wrongIn(place, await user(place.target), everyCommand, [place.target.server, ...says]),
          ).toEqual([]);
        } finally {
          await place.close();
        }
      },
    );

    it.concurrent.each(plugins)(
      "a plugin that $what: says so, and nothing that it printed",
      async ({ user, says }) => {
        const place = await deployed();
        try {
          expect(await wrongIn(place, user, ["status prod", "deploy prod --yes"], says)).toEqual([]);
        } finally {
          await place.close();
        }
      },
    );

    it.concurrent("a plugin that never ends: Ctrl-C ends both", async () => {
      const place = await deployed();
      const stop = new AbortController();
      try {
        const file = `${place.folder.path}/plugin.pid`;
        signIn(place, plugin(`echo $$ > "${file}"; exec sleep 600`));
        const running = place.run("deploy prod --yes", { signal: stop.signal });
        const pidOf = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
        await vi.waitFor(() => expect(pidOf()).toBeGreaterThan(0), { timeout: 120_000 });
        stop.abort();
        const { code, stderr } = await running;
        expect([code, stderr]).toEqual([130, expect.stringContaining("Interrupted")]);
        await vi.waitFor(() => expect(isAlive(pidOf())).toBe(false), { timeout: 120_000 });
      } finally {
        stop.abort();
        await place.close();
      }
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
