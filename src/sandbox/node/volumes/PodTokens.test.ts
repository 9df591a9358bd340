import { afterEach, beforeEach, expect, it } from "vitest";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import { createApiServer, type ApiServer } from "../../api/createApiServer.ts";
import { systemClock } from "../../Clock.ts";
import type { Pod } from "../Pod.ts";
import { PodTokens } from "./PodTokens.ts";

let api: ApiServer;
let pod: Pod;
let tokens: PodTokens;
const begin = Date.parse("2026-01-01T00:00:00Z");
let now = begin;
beforeEach(async () => {
  now = begin;
  const clock = { ...systemClock, now: () => now };
  api = createApiServer({ clock });
  const client = createKubeClient(api.transport());
  const metadata = { name: "robot", namespace: "default" };
  await client.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  pod = await client.create<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "worker", namespace: "default" },
    spec: { serviceAccountName: "robot", containers: [{ name: "main", image: "x" }] },
  });
  tokens = new PodTokens(client, clock);
});
afterEach(() => api.close());

const claims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>;

it("asks for tokens of the pod's account that end with the pod", async () => {
  expect(claims(await tokens.get(pod, undefined, 3607))).toMatchObject({
    sub: "system:serviceaccount:default:robot",
    "kubernetes.io": { pod: { name: "worker", uid: pod.metadata.uid } },
    exp: begin / 1000 + 3607,
  });
  expect(claims(await tokens.get(pod, "vault", 600))).toMatchObject({ aud: ["vault"] });
});

it.each([
  ["keeps one", 3600, 0.79, true],
  ["replaces one in time", 3600, 0.81, false],
  ["replaces one that would last for long after a day", 10 * 86_400, 0.11, false],
])("%s of %i seconds when %d of them are over", async (_what, seconds, part, same) => {
  const first = await tokens.get(pod, undefined, seconds);
  now += seconds * 1000 * part;
  expect((await tokens.get(pod, undefined, seconds)) === first).toBe(same);
});

it("says when the first of them has to be replaced", async () => {
  expect(tokens.renewAt()).toBeUndefined();
  await tokens.get(pod, undefined, 3600);
  await tokens.get(pod, "vault", 600);
  expect(tokens.renewAt()).toBe(begin + 480_000);
});
