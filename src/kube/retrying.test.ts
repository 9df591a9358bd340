import { describe, expect, it } from "vitest";
import { ApiUnreachable, apiUnreachable } from "./ApiUnreachable.ts";
import { retrying } from "./retrying.ts";
import type { KubeRequest, KubeResponse } from "./Transport.ts";

const answer = (status: number, headers: Record<string, string> = {}): KubeResponse => ({
  status,
  headers,
  json: async () => ({}),
  text: async () => "",
  lines: async function* () {},
  chunks: async function* () {},
});
const neverArrived = new ApiUnreachable("refused", { mayHaveBeenProcessed: false });
const untrusted = apiUnreachable(
  Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
  "https://a",
);
const broke = new ApiUnreachable("broke", { mayHaveBeenProcessed: true });

/** Sends one request against the outcomes, in order (the last one for ever); tells how often it was sent, and the waits. */
async function send(
  request: Partial<KubeRequest>,
  outcomes: (KubeResponse | Error)[],
): Promise<{ sent: number; waits: number[]; status?: number; error?: unknown }> {
  let sent = 0;
  const waits: number[] = [];
  const transport = retrying(
    {
      async send() {
        const outcome = outcomes[Math.min(sent, outcomes.length - 1)]!;
        sent += 1;
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      close: async () => {},
    },
    {
      random: () => 0.5,
      clock: {
        now: () => 0,
        async sleep(milliseconds) {
          waits.push(milliseconds);
        },
      },
    },
  );
  try {
    const { status } = await transport.send({ method: "GET", path: "/", ...request });
    return { sent, waits, status };
  } catch (error) {
    return { sent, waits, error };
  }
}

const conflict = (causes: readonly object[]): KubeResponse => ({
  ...answer(409),
  text: async () => JSON.stringify({ reason: "Conflict", details: { causes } }),
});
const wrongType: KubeResponse = {
  ...answer(500),
  text: async () =>
    JSON.stringify({ message: "failed to create typed patch object (n/x; apps/v1, Kind=Deployment)" }),
};
const brokenOff: KubeResponse = { ...answer(200), text: () => Promise.reject(broke) };

const create = { method: "POST" } as const;
const apply = { method: "PATCH", headers: { "content-type": "application/apply-patch+yaml" } } as const;
const jsonPatch = { method: "PATCH", headers: { "content-type": "application/json-patch+json" } } as const;
const merge = { method: "PATCH", headers: { "content-type": "application/merge-patch+json" } } as const;

describe("retrying", () => {
  it.each<[string, Partial<KubeRequest>, KubeResponse | Error, boolean]>([
    ["a read when the connection broke", {}, broke, true],
    ["a read on 500", {}, answer(500), true],
    ["a read on 503", {}, answer(503), true],
    ["an apply on 500", apply, answer(500), true],
    ["no apply on 500 because of a field's type", apply, wrongType, false],
    ["nothing on 404", {}, answer(404), false],
    ["nothing on 409", apply, answer(409), false],
    ["a create that never arrived", create, neverArrived, true],
    ["a create on 429", create, answer(429), true],
    ["no create whose answer was lost", create, broke, false],
    ["no create on 503", create, answer(503), false],
    ["a create's dry run whose answer was lost", { ...create, query: { dryRun: "All" } }, broke, true],
    ["no PUT whose answer was lost", { method: "PUT" }, broke, false],
    ["an apply whose answer was lost", apply, broke, true],
    ["an apply on 500", apply, answer(500), true],
    ["no create on 500", create, answer(500), false],
    ["an apply that met another write", apply, conflict([]), true],
    ["no apply of what others own", apply, conflict([{ reason: "FieldManagerConflict" }]), false],
    ["a read whose answer broke off", {}, brokenOff, true],
    ["no create whose answer broke off", create, brokenOff, false],
    ["a merge patch whose answer was lost", merge, broke, true],
    [
      "no merge patch with a resourceVersion",
      { ...merge, body: { metadata: { resourceVersion: "1" } } },
      broke,
      false,
    ],
    ["no JSON patch whose answer was lost", jsonPatch, broke, false],
    ["a DELETE whose answer was lost", { method: "DELETE" }, broke, true],
    ["no eviction that a disruption budget forbids", { ...create, path: "/p/eviction" }, answer(429), false],
    ["no watch", { query: { watch: true } }, broke, false],
    ["nothing where the certificate is not trusted", {}, untrusted, false],
    ["nothing on a bug", {}, new TypeError("bug"), false],
  ])("repeats %s", async (_, request, outcome, repeated) => {
    const result = await send(request, [outcome, answer(200)]);
    expect(result.sent).toBe(repeated ? 2 : 1);
    const failed = outcome instanceof Error || outcome === brokenOff;
    expect(result.status).toBe(repeated ? 200 : failed ? undefined : outcome.status);
  });

  it("gives up after five times, with the last outcome", async () => {
    expect(await send({}, [broke])).toMatchObject({ sent: 5, error: broke });
    expect(await send({}, [answer(503)])).toMatchObject({ sent: 5, status: 503 });
  });

  it("waits longer each time", async () => {
    expect((await send({}, [broke])).waits).toEqual([150, 300, 600, 1200]);
  });

  it("waits as long as the server asks, unless that is too long", async () => {
    expect(await send({}, [answer(429, { "retry-after": "3" }), answer(200)])).toMatchObject({
      waits: [3000],
    });
    expect(await send({}, [answer(429, { "retry-after": "3600" })])).toMatchObject({ sent: 1, status: 429 });
  });
});
