import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { createKubeClient } from "../../../kube/createKubeClient.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { createApiServer, type ApiServer } from "../index.ts";
import { nanosOf } from "../schema/quantity.ts";
import { excess, isMore, largest, sum, type Amounts } from "./amounts.ts";
import { policyOf } from "./podSecurity/policy.ts";

let api: ApiServer;
let client: KubeClient;
beforeEach(() => {
  api = createApiServer();
  client = createKubeClient(api.transport());
});

const object = (kind: string, name: string, fields: object, apiVersion = "v1"): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "default" },
  ...fields,
});
const pod = (name: string, spec: object = {}, container: object = {}): KubeObject =>
  object("Pod", name, { spec: { containers: [{ name: "main", image: "x", ...container }], ...spec } });
const level = (labels: Record<string, string>): Promise<unknown> =>
  client.patch({ apiVersion: "v1", kind: "Namespace", name: "default" }, "merge", { metadata: { labels } });
const enforce = (value: string, version = "latest"): Promise<unknown> =>
  level({
    "pod-security.kubernetes.io/enforce": value,
    "pod-security.kubernetes.io/enforce-version": version,
  });

describe("Pod Security", () => {
  const secure = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  };

  test.each([
    ["restricted", "latest", {}, "allowPrivilegeEscalation != false (container"],
    ["restricted", "v1.20", { allowPrivilegeEscalation: false }, "runAsNonRoot != true (pod or container"],
    ["restricted", "latest", { ...secure, runAsUser: 0 }, 'runAsUser=0 (container "main" must not set'],
    ["baseline", "latest", { privileged: true }, 'privileged (container "main" must not set'],
  ])("of level %s, version %s refuses %j", async (name, version, securityContext, problem) => {
    await enforce(name, version);
    await expect(client.create(pod("a", {}, { securityContext }))).rejects.toThrow(
      `pods "a" is forbidden: violates PodSecurity "${name}:${version}": ${problem}`,
    );
  });

  test("asks only what its version asked", async () => {
    await enforce("restricted", "v1.21");
    const { capabilities: _later, ...securityContext } = secure;
    await client.create(pod("a", {}, { securityContext }));
    await enforce("restricted", "v1.22");
    await expect(client.create(pod("b", {}, { securityContext }))).rejects.toThrow(
      "unrestricted capabilities",
    );
  });

  test.each([
    [{ enforce: "strict" }, "must be one of privileged, baseline, restricted"],
    [{ "warn-version": "1.30" }, 'must be "latest" or "v1.x"'],
  ])("refuses labels that are none: %j", async (labels, problem) => {
    const prefixed = Object.entries(labels).map(([key, value]) => [
      `pod-security.kubernetes.io/${key}`,
      value,
    ]);
    await expect(level(Object.fromEntries(prefixed) as Record<string, string>)).rejects.toThrow(problem);
  });

  test("is closed where the enforced level can't be read, open where a warning's can't", () => {
    const { policy } = policyOf({
      "pod-security.kubernetes.io/enforce": "x",
      "pod-security.kubernetes.io/warn": "x",
    });
    expect([policy.enforce.level, policy.warn.level]).toEqual(["restricted", "privileged"]);
  });
});

describe("a LimitRange", () => {
  test("fills in what its maximum and default say, and notes it on the pod", async () => {
    await client.create(
      object("LimitRange", "l", {
        spec: { limits: [{ type: "Container", max: { cpu: "1" }, min: { cpu: "10m" } }] },
      }),
    );
    const made = await client.create(pod("a"));
    expect(made).toMatchObject({
      metadata: {
        annotations: {
          "kubernetes.io/limit-ranger":
            "LimitRanger plugin set: cpu request for container main; cpu limit for container main",
        },
      },
      spec: { containers: [{ resources: { requests: { cpu: "1" }, limits: { cpu: "1" } } }] },
    });
    const asking = pod("b", {}, { resources: { requests: { cpu: "1m" }, limits: { cpu: "2" } } });
    await expect(client.create(asking)).rejects.toThrow(
      "[minimum cpu usage per Container is 10m, but request is 1m, maximum cpu usage per Container is 1, but limit is 2]",
    );
  });
});

describe("who a pod runs as, and how urgently", () => {
  test("has to be there", async () => {
    await expect(client.create(pod("a", { serviceAccountName: "robot" }))).rejects.toThrow(
      'error looking up service account default/robot: serviceaccount "robot" not found',
    );
    await expect(client.create(pod("a", { priorityClassName: "high" }))).rejects.toThrow(
      "no PriorityClass with name high was found",
    );
  });

  test("comes from the class that is the default, of which there is one", async () => {
    const one = { value: 7, globalDefault: true };
    await client.create({
      ...object("PriorityClass", "usual", one, "scheduling.k8s.io/v1"),
      metadata: { name: "usual" },
    });
    expect((await client.create(pod("a"))).spec).toMatchObject({ priority: 7, priorityClassName: "usual" });
    await expect(
      client.create({
        ...object("PriorityClass", "other", one, "scheduling.k8s.io/v1"),
        metadata: { name: "other" },
      }),
    ).rejects.toThrow("PriorityClass usual is already marked as default. Only one default can exist");
  });
});

describe("eviction", () => {
  const evict = async (name: string): Promise<{ status: number; body: KubeObject }> => {
    const response = await client.transport.send({
      method: "POST",
      path: `/api/v1/namespaces/default/pods/${name}/eviction`,
      body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } },
    });
    return { status: response.status, body: JSON.parse(await response.text()) as KubeObject };
  };

  test("takes what the budget has, once, and then is refused", async () => {
    for (const name of ["a", "b"]) {
      const made = await client.create({
        ...pod(name),
        metadata: { name, namespace: "default", labels: { app: "a" } },
      });
      const conditions = [{ type: "Ready", status: "True" }];
      await client.replace({ ...made, status: { phase: "Running", conditions } }, { subresource: "status" });
    }
    const spec = { minAvailable: 1, selector: { matchLabels: { app: "a" } } };
    const budget = await client.create(object("PodDisruptionBudget", "one", { spec }, "policy/v1"));
    expect(await evict("a")).toMatchObject({ status: 429, body: { details: { retryAfterSeconds: 10 } } });
    const counted = {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    };
    await client.replace({ ...budget, status: counted }, { subresource: "status" });
    expect((await evict("a")).status).toBe(201);
    const { status, body } = await evict("b");
    expect([status, body]).toMatchObject([
      429,
      {
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: { causes: [{ reason: "DisruptionBudget" }] },
      },
    ]);
    const { name, namespace } = budget.metadata;
    const left = await client.get({ ...budget, name: name ?? "", namespace });
    expect(left).toMatchObject({
      status: { disruptionsAllowed: 0, disruptedPods: { a: expect.any(String) } },
    });
  });
});

describe("amounts", () => {
  const quantity = fc.oneof(
    fc.nat(5000).map((n) => `${n}m`),
    fc.nat(100).map((n) => `${n}`),
    fc.nat(2000).map((n) => `${n}Mi`),
    fc.nat(20).map((n) => `${n}Gi`),
  );
  const amounts: fc.Arbitrary<Amounts> = fc.dictionary(fc.constantFrom("cpu", "memory", "pods"), quantity);
  const nanos = (of: Amounts, name: string): bigint => nanosOf(of[name] ?? "0") ?? -1n;

  test("add up and are taken apart again exactly, whatever their form", () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        for (const name of ["cpu", "memory", "pods"]) {
          expect(nanos(sum(a, b), name)).toBe(nanos(a, name) + nanos(b, name));
          expect(nanos(excess(sum(a, b), b), name)).toBe(nanos(a, name));
          const most = nanos(largest(a, b), name);
          expect(most === nanos(a, name) || most === nanos(b, name)).toBe(true);
          expect(isMore(a[name] ?? "0", sum(a, b)[name] ?? "0")).toBe(false);
        }
      }),
    );
  });
});
