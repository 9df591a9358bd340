import { describe, expect, it } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import { ApiUnreachable } from "./ApiUnreachable.ts";
import type { Clock } from "./Clock.ts";
import { createKubeClient, warningsOf } from "./createKubeClient.ts";
import type { FollowEvent, KubeClient } from "./KubeClient.ts";
import {
  fieldConflictsOf,
  isConflict,
  isExpired,
  isForbidden,
  isNotFound,
  type KubeError,
} from "./KubeError.ts";
import type { KubeRequest, KubeResponse, Transport } from "./Transport.ts";

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  lines?: (string | Error)[];
}

/** A transport that answers by a function, and remembers the requests. */
function scripted(
  answer: (request: KubeRequest, count: number) => Answer | Error,
): Transport & { requests: KubeRequest[] } {
  const requests: KubeRequest[] = [];
  return {
    requests,
    async send(request) {
      requests.push(request);
      const outcome = answer(request, requests.length);
      if (outcome instanceof Error) throw outcome;
      return responseOf(outcome);
    },
    close: async () => {},
  };
}
function responseOf({ status = 200, headers = {}, body = {}, lines = [] }: Answer): KubeResponse {
  return {
    status,
    headers,
    json: async () => structuredClone(body),
    text: async () => JSON.stringify(body),
    async *lines() {
      for (const line of lines) {
        if (line instanceof Error) throw line;
        yield line;
      }
    },
    async *chunks() {
      for (const line of lines) yield Buffer.from(String(line));
    },
  };
}
const instantly: Clock = { now: () => 0, sleep: async (_, signal) => signal?.throwIfAborted() };
const clientOf = (transport: Transport): KubeClient =>
  createKubeClient(transport, { clock: instantly, random: () => 0.5 });
const status = (code: number, reason: string, more: object = {}): Answer => ({
  status: code,
  body: {
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    message: `it is ${reason}`,
    reason,
    code,
    ...more,
  },
});
const failureOf = async (run: Promise<unknown>): Promise<KubeError> => {
  try {
    await run;
  } catch (error) {
    return error as KubeError;
  }
  throw new Error("nothing was thrown");
};
const map = (name: string, more: Partial<KubeObject["metadata"]> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n", uid: `uid-${name}`, resourceVersion: "1", ...more },
});
const configMaps = { apiVersion: "v1", kind: "ConfigMap" };

const getAnswered = (answer: Answer): Promise<KubeError> =>
  failureOf(clientOf(scripted(() => answer)).get({ ...configMaps, namespace: "n", name: "a" }));

const findAnswered = (answer: Answer): Promise<unknown> =>
  clientOf(scripted(() => answer)).find({ ...configMaps, name: "a" });

const aggregated = (resources: object[]): Answer => ({
  body: {
    kind: "APIGroupDiscoveryList",
    items: [
      {
        metadata: { name: "example.org" },
        versions: [
          { version: "v1", resources },
          { version: "v1beta1", resources },
        ],
      },
    ],
  },
});

const event = (type: string, object: unknown): string => JSON.stringify({ type, object });

const versions = (requests: KubeRequest[]): unknown[] =>
  requests.map((each) => each.query?.["resourceVersion"]);

const told = (each: FollowEvent<KubeObject>): string =>
  each.type === "SYNCED" ? "SYNCED" : `${each.type} ${each.object.metadata.name}`;

describe("requests", () => {
  it.each<[string, (client: KubeClient) => Promise<unknown>, Partial<KubeRequest>]>([
    [
      "get",
      (c) => c.get({ ...configMaps, namespace: "n", name: "a" }),
      { method: "GET", path: "/api/v1/namespaces/n/configmaps/a" },
    ],
    [
      "get of a subresource",
      (c) =>
        c.get(
          { apiVersion: "apps/v1", kind: "Deployment", namespace: "n", name: "a" },
          { subresource: "scale" },
        ),
      { path: "/apis/apps/v1/namespaces/n/deployments/a/scale" },
    ],
    [
      "create",
      (c) => c.create(map("a"), { fieldManager: "m", dryRun: true }),
      {
        method: "POST",
        path: "/api/v1/namespaces/n/configmaps",
        query: { fieldManager: "m", dryRun: "All" },
      },
    ],
    [
      "create of a cluster-wide object",
      (c) => c.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } }),
      { path: "/api/v1/namespaces" },
    ],
    [
      "replace",
      (c) => c.replace(map("a"), { fieldValidation: "Strict" }),
      { method: "PUT", path: "/api/v1/namespaces/n/configmaps/a", query: { fieldValidation: "Strict" } },
    ],
    [
      "patch",
      (c) => c.patch({ ...configMaps, namespace: "n", name: "a" }, "json", [{ op: "remove", path: "/data" }]),
      {
        method: "PATCH",
        headers: { "content-type": "application/json-patch+json" },
        body: [{ op: "remove", path: "/data" }],
      },
    ],
    [
      "apply",
      (c) => c.apply(map("a"), { fieldManager: "moorage:p.e", force: true }),
      {
        method: "PATCH",
        headers: { "content-type": "application/apply-patch+yaml" },
        query: { fieldManager: "moorage:p.e", force: true },
        body: map("a"),
      },
    ],
    [
      "delete",
      (c) => c.delete({ ...configMaps, namespace: "n", name: "a" }, { uid: "u", propagation: "Foreground" }),
      {
        method: "DELETE",
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          propagationPolicy: "Foreground",
          preconditions: { uid: "u" },
        },
      },
    ],
  ])("%s is sent as the API wants it", async (_, run, expected) => {
    const transport = scripted(() => ({ body: map("a") }));
    await run(clientOf(transport));
    expect(transport.requests).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(transport.requests[0]))).toMatchObject(expected);
  });

  it("reports the server's warnings", async () => {
    const warnings: string[] = [];
    const header = '299 - "unknown field \\"spec.x\\"", 299 - "deprecated"';
    const transport = scripted(() => ({ headers: { warning: header } }));
    await createKubeClient(transport, { onWarning: (text) => warnings.push(text) }).get({
      ...configMaps,
      name: "a",
    });
    expect(warnings).toEqual(['unknown field "spec.x"', "deprecated"]);
    expect(warningsOf("nonsense")).toEqual([]);
  });

  it("gives a pod's log as it arrives", async () => {
    const transport = scripted(() => ({ lines: ["one\n", "two\n"] }));
    let text = "";
    for await (const chunk of clientOf(transport).logs(
      { namespace: "n", name: "p" },
      { follow: true, tailLines: 5 },
    )) {
      text += String(chunk);
    }
    expect(text).toBe("one\ntwo\n");
    expect(transport.requests[0]).toMatchObject({
      path: "/api/v1/namespaces/n/pods/p/log",
      query: { follow: true, tailLines: 5 },
    });
  });
});

describe("refusals", () => {
  it("carry the server's words, and are told apart by reason", async () => {
    const error = await getAnswered(status(404, "NotFound"));
    expect(error).toMatchObject({
      message: "it is NotFound",
      reason: "NotFound",
      httpStatus: 404,
      code: "ApiRefused",
    });
    expect([isNotFound(error), isConflict(error)]).toEqual([true, false]);
    expect(isForbidden(await getAnswered(status(403, "Forbidden")))).toBe(true);
    expect((await getAnswered(status(401, "Unauthorized"))).hint).toContain("sign in");
    expect(
      (await getAnswered({ ...status(429, "TooManyRequests"), headers: { "retry-after": "7" } })).retryAfter,
    ).toBe(7);
  });

  it("are understood without a Status", async () => {
    expect(await getAnswered({ status: 503, body: "<html>" })).toMatchObject({
      reason: "ServiceUnavailable",
      code: "ApiUnreachable",
      message:
        'GET /api/v1/namespaces/n/configmaps/a was answered with HTTP 503 (ServiceUnavailable): "<html>"',
    });
  });

  it("tell which fields others own", async () => {
    const cause = { reason: "FieldManagerConflict", field: ".data.a", message: 'conflict with "other"' };
    const error = await getAnswered(status(409, "Conflict", { details: { causes: [cause] } }));
    expect(fieldConflictsOf(error)).toEqual([{ field: ".data.a", message: 'conflict with "other"' }]);
  });

  it("find gives undefined for what isn't there, and rejects on all else", async () => {
    expect(await findAnswered(status(404, "NotFound"))).toBeUndefined();
    expect(isForbidden(await failureOf(findAnswered(status(403, "Forbidden"))))).toBe(true);
  });
});

describe("list", () => {
  it("joins the pages, and says of each item what it is", async () => {
    const transport = scripted((request) => {
      const page = Number(request.query?.["continue"] ?? 0);
      return {
        body: {
          kind: "ConfigMapList",
          apiVersion: "v1",
          metadata: { resourceVersion: "9", ...(page < 2 ? { continue: String(page + 1) } : {}) },
          items: [{ metadata: { name: `m${page}` } }],
        },
      };
    });
    const list = await clientOf(transport).list(configMaps, { namespace: "n", labelSelector: "a=b" });
    expect(list.items).toEqual([0, 1, 2].map((page) => ({ ...configMaps, metadata: { name: `m${page}` } })));
    expect(list.metadata).toEqual({ resourceVersion: "9" });
    expect(transport.requests.map((each) => each.query?.["labelSelector"])).toEqual(["a=b", "a=b", "a=b"]);
  });

  it("starts again as one list when the pages' snapshot has expired", async () => {
    const transport = scripted((request, count) => {
      if (request.query?.["continue"]) return status(410, "Expired");
      return {
        body: {
          metadata: count === 1 ? { continue: "x" } : {},
          items: count === 1 ? [map("old")] : [map("a"), map("b")],
        },
      };
    });
    const list = await clientOf(transport).list(configMaps);
    expect(list.items.map((each) => each.metadata.name)).toEqual(["a", "b"]);
    expect(transport.requests[2]!.query?.["limit"]).toBeUndefined();
  });

  it("asks for metadata only, and still says what the items are", async () => {
    const transport = scripted(() => ({
      body: {
        metadata: {},
        items: [{ apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: { name: "a" } }],
      },
    }));
    const list = await clientOf(transport).list(configMaps, { metadataOnly: true });
    expect(list.items[0]).toMatchObject(configMaps);
    expect(transport.requests[0]!.headers!["accept"]).toContain("as=PartialObjectMetadataList");
  });
});

describe("discovery", () => {
  const custom = { apiVersion: "example.org/v1", kind: "Widget" };
  const widgets = {
    resource: "widgets",
    responseKind: { kind: "Widget" },
    scope: "Namespaced",
    singularResource: "widget",
    verbs: ["get"],
    subresources: [{ subresource: "status" }],
  };
  const core: Answer = { body: { kind: "APIGroupDiscoveryList", items: [] } };

  it("asks nothing for built-in kinds, and once for others", async () => {
    const transport = scripted(({ path }) => (path === "/api" ? core : aggregated([widgets])));
    const client = clientOf(transport);
    await client.kindOf(configMaps);
    expect(transport.requests).toHaveLength(0);
    const [found] = await Promise.all([client.kindOf(custom), client.kindOf(custom)]);
    expect(found).toMatchObject({
      group: "example.org",
      version: "v1",
      plural: "widgets",
      namespaced: true,
      subresources: ["status"],
    });
    expect(transport.requests.map((each) => each.path)).toEqual(["/api", "/apis"]);
    expect((await client.kinds()).map((each) => each.version)).toEqual(["v1"]);
    expect(await client.kindOf({ ...custom, apiVersion: "example.org/v1beta1" })).toMatchObject({
      version: "v1beta1",
    });
    expect(transport.requests).toHaveLength(2);
  });

  it("asks once more for a kind that it missed, which may be new", async () => {
    let served: object[] = [];
    const transport = scripted(({ path }) => (path === "/api" ? core : aggregated(served)));
    const client = clientOf(transport);
    await client.kinds();
    served = [widgets];
    expect(await client.kindOf(custom)).toMatchObject({ plural: "widgets" });
    expect(transport.requests).toHaveLength(4);
  });

  it("says what the cluster serves instead", async () => {
    const transport = scripted(({ path }) => (path === "/api" ? core : aggregated([widgets])));
    expect(
      await failureOf(clientOf(transport).kindOf({ ...custom, apiVersion: "example.org/v2" })),
    ).toMatchObject({
      code: "Unsupported",
      message: "The cluster does not serve Widget of example.org/v2.",
      hint: "It serves example.org/v1, example.org/v1beta1 of this kind.",
    });
  });

  it("falls back to the lists of old servers, and does without a group that doesn't answer", async () => {
    const bodies: Record<string, Answer> = {
      "/api": { body: { kind: "APIVersions", versions: ["v1"] } },
      "/apis": {
        body: {
          kind: "APIGroupList",
          groups: [
            { name: "example.org", versions: [{ version: "v1" }], preferredVersion: { version: "v1" } },
            {
              name: "metrics.k8s.io",
              versions: [{ version: "v1beta1" }],
              preferredVersion: { version: "v1beta1" },
            },
          ],
        },
      },
      "/api/v1": {
        body: {
          resources: [
            { name: "pods", kind: "Pod", namespaced: true, verbs: ["get"] },
            { name: "pods/log", kind: "Pod", namespaced: true },
          ],
        },
      },
      "/apis/example.org/v1": {
        body: { resources: [{ name: "widgets", kind: "Widget", namespaced: false, verbs: [] }] },
      },
      "/apis/metrics.k8s.io/v1beta1": { status: 503 },
    };
    const client = clientOf(scripted(({ path }) => bodies[path]!));
    expect(await client.kinds()).toMatchObject([
      { kind: "Pod", plural: "pods", subresources: ["log"] },
      { kind: "Widget", plural: "widgets", namespaced: false },
    ]);
    expect(
      (await failureOf(client.kindOf({ apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" }))).hint,
    ).toContain("apiservices");
  });

  it("asks again after a failure", async () => {
    let broken = true;
    const client = clientOf(
      scripted(({ path }) => {
        if (broken) return new ApiUnreachable("down", { mayHaveBeenProcessed: false });
        return path === "/api" ? core : aggregated([widgets]);
      }),
    );
    await failureOf(client.kindOf(custom));
    broken = false;
    expect(await client.kindOf(custom)).toMatchObject({ plural: "widgets" });
  });
});

describe("watch", () => {
  it("gives the events of one connection, and rejects on an ERROR event", async () => {
    const transport = scripted(() => ({
      lines: [
        event("ADDED", map("a")),
        "",
        event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" }),
      ],
    }));
    const seen: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const { type } of clientOf(transport).watch(configMaps, { resourceVersion: "5" }))
          seen.push(type);
      })(),
    );
    expect(seen).toEqual(["ADDED"]);
    expect(isExpired(error)).toBe(true);
    expect(transport.requests[0]!.query).toMatchObject({
      watch: true,
      resourceVersion: "5",
      allowWatchBookmarks: true,
    });
  });
});

describe("follow", () => {
  type Step = { list: KubeObject[]; version: string } | { watch: (string | Error)[] } | Answer | Error;

  /** Follows through the steps, in order; ends when they are used up. */
  async function run(steps: Step[]): Promise<{ events: string[]; requests: KubeRequest[]; error?: unknown }> {
    const stop = new AbortController();
    const transport = scripted((request, count) => {
      const step = steps[count - 1];
      if (step === undefined) {
        stop.abort();
        return new ApiUnreachable("stopped", { mayHaveBeenProcessed: true });
      }
      if (step instanceof Error) return step;
      const wanted = "watch" in step ? "watch" : "list";
      const asked = request.query?.["watch"] === true ? "watch" : "list";
      if (("list" in step || "watch" in step) && wanted !== asked)
        throw new Error(`asked for a ${asked}, not a ${wanted}`);
      if ("list" in step) {
        return { body: { metadata: { resourceVersion: step.version }, items: step.list } };
      }
      if ("watch" in step) {
        return { lines: step.watch };
      }
      return step;
    });
    const events: string[] = [];
    try {
      for await (const each of clientOf(transport).follow(configMaps, { signal: stop.signal }))
        events.push(told(each));
    } catch (error) {
      return { events, requests: transport.requests, error };
    }
    return { events, requests: transport.requests };
  }

  it("lists, says that it is in step, and watches on from there", async () => {
    const { events, requests } = await run([
      { list: [map("a")], version: "5" },
      {
        watch: [
          event("MODIFIED", map("a", { resourceVersion: "6" })),
          event("ADDED", map("b", { resourceVersion: "7" })),
          event("BOOKMARK", { metadata: { resourceVersion: "9" } }),
        ],
      },
      { watch: [event("DELETED", map("a", { resourceVersion: "10" }))] },
    ]);
    expect(events).toEqual(["ADDED a", "SYNCED", "MODIFIED a", "ADDED b", "DELETED a"]);
    expect(versions(requests)).toEqual([undefined, "5", "9", "10"]);
  });

  it("watches on from the last version when the connection breaks", async () => {
    const broke = new ApiUnreachable("broke", { mayHaveBeenProcessed: true });
    const { events, requests } = await run([
      { list: [], version: "1" },
      { watch: [event("ADDED", map("a", { resourceVersion: "2" })), broke] },
      broke,
      { status: 503 },
      { watch: [event("ADDED", map("b", { resourceVersion: "3" }))] },
    ]);
    expect(events).toEqual(["SYNCED", "ADDED a", "ADDED b"]);
    expect(versions(requests)).toEqual([undefined, "1", "2", "2", "2", "3"]);
  });

  it("lists again when its version has expired, and reports what it missed", async () => {
    const { events } = await run([
      { list: [map("gone"), map("same"), map("changed"), map("remade")], version: "1" },
      { watch: [event("ERROR", { kind: "Status", code: 410, reason: "Expired" })] },
      {
        list: [
          map("same"),
          map("changed", { resourceVersion: "8" }),
          map("remade", { uid: "other", resourceVersion: "8" }),
          map("new"),
        ],
        version: "9",
      },
      { watch: [] },
    ]);
    expect(events.slice(5)).toEqual([
      "MODIFIED changed",
      "DELETED remade",
      "ADDED remade",
      "ADDED new",
      "DELETED gone",
    ]);
  });

  it("rejects on what repeating can't cure", async () => {
    expect(isForbidden((await run([status(403, "Forbidden")])).error)).toBe(true);
    const lost = await run([{ list: [], version: "1" }, status(404, "NotFound")]);
    expect(isNotFound(lost.error)).toBe(true);
  });

  it("gives up on a server that can't be reached from the start, but not later", async () => {
    const down = new ApiUnreachable("down", { mayHaveBeenProcessed: false });
    const never = await run([down, down, down, down, down]);
    expect(never.error).toBe(down);
    expect(never.requests).toHaveLength(5);
    const later = await run([{ list: [], version: "1" }, ...Array.from({ length: 20 }, () => down)]);
    expect(later.error).toBeUndefined();
  });
});
