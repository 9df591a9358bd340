import { describe, expect, it } from "vitest";
import { unclear } from "../unclear.ts";
import { loginPage, refusal, type Instead, type ProxiedRequest } from "./HalfUpProxy.ts";
import { everyCommand } from "./everyCommand.ts";
import { Place } from "./Place.ts";
import type { Target } from "./targets.ts";

const down = refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request");
const isDiscovery = ({ path }: ProxiedRequest): boolean => /^\/apis?$/.test(path);

interface Refused {
  readonly what: string;
  readonly instead: (request: ProxiedRequest) => Instead;
  /** Besides the server's address. */
  readonly says: readonly string[];
}

const refused: readonly Refused[] = [
  {
    what: "a sign-in page instead of JSON",
    instead: () => loginPage(200),
    says: ["answered with something that is not JSON", "a web page before it"],
  },
  {
    what: "a redirection to a sign-in page",
    instead: () => ({ ...loginPage(302), headers: { location: "https://login.example.org/?token=canary" } }),
    says: ["HTTP 302", "leads to https://login.example.org", "sign in"],
  },
  {
    what: "a web page for everything that is not there",
    instead: () => loginPage(404),
    says: ["not as a Kubernetes API: HTTP 404 with a page"],
  },
  {
    what: "a web page that forbids",
    instead: () => loginPage(403),
    says: ["not as a Kubernetes API: HTTP 403 with a page"],
  },
  {
    what: "401 with a web page",
    instead: () => loginPage(401),
    says: ['did not accept the credentials of context "okd"', "web page", "sign in"],
  },
  {
    what: "JSON of something else",
    instead: () => ({ status: 200, body: '{"ok":true}' }),
    says: ["JSON that is no Kubernetes object"],
  },
  { what: "JSON that says nothing", instead: () => ({ status: 200, body: "null" }), says: ["not JSON"] },
  {
    what: "JSON that breaks off",
    instead: () => ({ status: 200, body: '{"kind":"Secr' }),
    says: ["not JSON"],
  },
  {
    what: "503 to everything",
    instead: () => down,
    says: ["HTTP 503", "currently unable to handle", "try again later", "readyz"],
  },
  {
    what: "a load balancer that reaches no server",
    instead: () => loginPage(502),
    says: ["HTTP 502 with a page", "the API server may be down"],
  },
];

/** What answers in the server's place: whichever server is behind it. */
export function unusableServerCases(targetOf: () => Target): void {
  const deployed = (): Promise<Place> => Place.deployedTwice(targetOf());

  describe("on a server that can't be used", () => {
    it.concurrent.each(refused)(
      "$what: every command says so and where, and nothing is written",
      async ({ instead, says }) => {
        const place = await deployed();
        try {
          const before = await place.everything();
          place.proxy.instead = instead;
          const results = await Promise.all(
            everyCommand.map(async (line) => ({ line, result: await place.run(line) })),
          );
          expect(
            results.flatMap(({ line, result }) =>
              unclear(result, 1, [place.server, ...says]).map((complaint) => `${line}: ${complaint}`),
            ),
          ).toEqual([]);
          expect(place.folder.everything).not.toContain("canary");
          expect(place.proxy.writes).toEqual([]);
          expect(await place.everything()).toEqual(before);
        } finally {
          await place.close();
        }
      },
    );

    it.concurrent.each([
      {
        what: "nothing listens there",
        // No ordinary program can listen at that port.
        server: () => "https://127.0.0.1:1",
        says: ["the connection was refused", "Is the cluster running"],
      },
      {
        what: "it speaks no TLS",
        server: ({ proxy }: Place) => `https://127.0.0.1:${proxy.port}`,
        says: ["does not speak TLS", "http://"],
      },
      {
        what: "it speaks TLS only",
        server: ({ target }: Place) => target.server.replace("https:", "http:"),
        says: ["speaks TLS", "https://"],
      },
    ])("$what: every command says so, and where", async ({ server, says }) => {
      const place = await deployed();
      try {
        const before = await place.everything();
        place.kubeconfig({ cluster: { server: server(place), "insecure-skip-tls-verify": true } });
        const results = await Promise.all(everyCommand.map((line) => place.run(line)));
        for (const result of results) expect(unclear(result, 1, [server(place), ...says])).toEqual([]);
        expect(await place.everything()).toEqual(before);
      } finally {
        await place.close();
      }
    });

    it.concurrent("takes requests and never answers: after some seconds it is said, and Ctrl-C ends it", async () => {
      const place = await deployed();
      try {
        const before = await place.everything();
        place.proxy.instead = () => "hang";
        await Promise.all(
          everyCommand.map(async (line) => {
            const stop = new AbortController();
            let said = "";
            const stderr = {
              write: (text: string) => {
                said += text;
                if (said.includes("waiting")) stop.abort();
              },
            };
            const { code } = await place.run(line, { signal: stop.signal, stderr });
            expect(said).toContain(`The API server ${place.server} has not answered for 5 s; waiting.`);
            expect(said, line).toContain("Interrupted");
            expect(said).not.toMatch(/ bug|\n {4}at /);
            expect(code, line).toBe(130);
          }),
        );
        expect(await place.everything()).toEqual(before);
      } finally {
        await place.close();
      }
    });
  });
}

export function halfUpServerCases(targetOf: () => Target): void {
  describe("an API server that is half up", () => {
    it.concurrent.each([
      {
        what: "/readyz fails",
        instead: ({ path }: ProxiedRequest) => (path === "/readyz" ? down : undefined),
      },
      {
        what: "discovery answers 503",
        instead: (request: ProxiedRequest) => (isDiscovery(request) ? down : undefined),
      },
      {
        what: "discovery is malformed",
        instead: (request: ProxiedRequest) =>
          isDiscovery(request)
            ? { status: 200, body: '{"kind":"APIGroupDiscoveryList","items":[null,{"versions":5}]}' }
            : undefined,
      },
      {
        what: "the server behind an aggregated API is down",
        instead: ({ path }: ProxiedRequest) => (path.startsWith("/apis/metrics.k8s.io") ? down : undefined),
      },
    ])("$what, and what is needed works: a deploy does not mind", async ({ instead }) => {
      const place = await Place.open(targetOf());
      try {
        place.proxy.instead = instead;
        await place.must("deploy prod --yes");
        expect(await place.values()).toEqual({ one: "1", two: "2" });
        await place.must("status prod");
        await place.must("rehearse prod --live");
        await place.must("destroy prod --yes");
        expect(await place.values()).toEqual({});
      } finally {
        await place.close();
      }
    });

    it.concurrent.each([
      {
        what: "answers 503",
        answer: down,
        says: ["HTTP 503", "try again later"],
      },
      {
        what: "is malformed",
        answer: { status: 200, body: '{"kind":"APIGroupDiscoveryList","items":[null,{"versions":5}]}' },
        says: ["Widget", "does not serve"],
      },
      {
        what: "says that the kind's own server is down",
        answer: {
          status: 200,
          body: '{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1","freshness":"Stale"}]}]}',
        },
        says: ["Widget", "does not answer", "kubectl get apiservices"],
      },
    ])(
      "discovery that is needed for a kind $what: the kind is named, and nothing is written",
      async ({ answer, says }) => {
        const place = await Place.open(targetOf());
        try {
          place.write({ one: "1" }, [
            { apiVersion: "metrics.k8s.io/v1", kind: "Widget", metadata: { name: "w" } },
          ]);
          place.proxy.instead = (request) => (isDiscovery(request) ? answer : undefined);
          const before = await place.everything();
          const results = await Promise.all(
            ["plan prod", "deploy prod --yes"].map((line) => place.run(line)),
          );
          for (const result of results) expect(unclear(result, 1, says)).toEqual([]);
          expect(await place.everything()).toEqual(before);
        } finally {
          await place.close();
        }
      },
    );
  });
}
