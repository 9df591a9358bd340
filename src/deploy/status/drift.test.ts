import { describe, expect, it } from "vitest";
import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { driftOf, type DriftOptions, type FieldDrift } from "./drift.ts";

const manager = "moorage:epi.dev";
const options: DriftOptions = { manager, reference: "deployed" };

/** FieldsV1 of paths; `!` at the end: the item itself. */
const fields = (...names: string[]): Record<string, unknown> => {
  const root: Record<string, unknown> = {};
  for (const name of names) {
    let here = root;
    for (const part of name.split(/\.(?=[fkv]:|!$)/))
      here = (here[part === "!" ? "." : part] ??= {}) as Record<string, unknown>;
  }
  return root;
};
const entry = (
  name: string,
  operation: "Apply" | "Update",
  fieldsV1: Record<string, unknown>,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager: name,
  operation,
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  time: "2026-01-02T00:00:00Z",
  fieldsV1,
  ...more,
});
const web = (spec: unknown, managedFields: ManagedFieldsEntry[] = [], metadata = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...metadata, ...(managedFields.length === 0 ? {} : { managedFields }) },
  spec,
});
const container = (more: object = {}): object => ({
  template: { spec: { containers: [{ name: "web", image: "web:1", ...more }] } },
});
const inContainer = (...names: string[]): Record<string, unknown> =>
  fields(...names.map((name) => `f:spec.f:template.f:spec.f:containers.k:{"name":"web"}.${name}`));
const by = (name: string) => ({ manager: name, at: "2026-01-02T00:00:00Z" });

describe("Drift is", () => {
  const cases: { what: string; reference: KubeObject; live: KubeObject; drift: FieldDrift[] }[] = [
    {
      what: "nothing, while our apply owns all that it set",
      reference: web({ replicas: 1 }),
      live: web({ replicas: 1 }, [entry(manager, "Apply", fields("f:spec.f:replicas"))]),
      drift: [],
    },
    {
      what: "no default of the server, and nothing that a webhook or a controller added",
      reference: web(container()),
      live: web(
        {
          replicas: 1,
          template: {
            spec: {
              dnsPolicy: "ClusterFirst",
              containers: [
                { name: "web", image: "web:1", imagePullPolicy: "IfNotPresent" },
                { name: "injected", image: "proxy:3" },
              ],
            },
          },
        },
        [
          entry(manager, "Apply", inContainer("!", "f:name", "f:image")),
          entry(
            "mesh-injector",
            "Update",
            fields(`f:spec.f:template.f:spec.f:containers.k:{"name":"injected"}`),
          ),
          entry(
            "kube-controller-manager",
            "Update",
            fields(`f:metadata.f:annotations.f:deployment.kubernetes.io/revision`),
            { subresource: "status" },
          ),
        ],
        { annotations: { "deployment.kubernetes.io/revision": "3" } },
      ),
      drift: [],
    },
    {
      what: "no other way of writing the same quantity: the field is still ours",
      reference: web(container({ resources: { limits: { cpu: "0.5" } } })),
      live: web(container({ resources: { limits: { cpu: "500m" } } }), [
        entry(manager, "Apply", inContainer("f:name", "f:image", "f:resources.f:limits.f:cpu")),
      ]),
      drift: [],
    },
    {
      what: "a value that somebody else changed, with their program and the time",
      reference: web(container()),
      live: web(container({ image: "web:hotfix" }), [
        entry(manager, "Apply", inContainer("f:name")),
        entry("kubectl-edit", "Update", inContainer("f:image")),
      ]),
      drift: [
        {
          what: "changed",
          path: "spec.template.spec.containers[web].image",
          deployed: "web:1",
          now: "web:hotfix",
          ...by("kubectl-edit"),
        },
      ],
    },
    {
      what: "told of the last that wrote it, where several have it",
      reference: web({ replicas: 1 }),
      live: web({ replicas: 4 }, [
        entry("kubectl-edit", "Update", fields("f:spec.f:replicas"), { time: "2026-01-01T00:00:00Z" }),
        entry("scaler", "Apply", fields("f:spec.f:replicas"), { time: "2026-01-03T00:00:00Z" }),
      ]),
      drift: [
        {
          what: "changed",
          path: "spec.replicas",
          deployed: 1,
          now: 4,
          manager: "scaler",
          at: "2026-01-03T00:00:00Z",
        },
      ],
    },
    {
      what: "nothing, when somebody set it back to what was deployed",
      reference: web({ replicas: 1 }),
      live: web({ replicas: 1 }, [
        entry("kubectl", "Update", fields("f:spec.f:replicas"), { subresource: "scale" }),
      ]),
      drift: [],
    },
    {
      what: "a field that was removed, by whom nobody knows",
      reference: web(container({ workingDir: "/srv" })),
      live: web(container(), [entry(manager, "Apply", inContainer("f:name", "f:image"))]),
      drift: [{ what: "removed", path: "spec.template.spec.containers[web].workingDir", deployed: "/srv" }],
    },
    {
      what: "a field that was added by hand, the outermost once",
      reference: web(container({ env: [{ name: "A", value: "1" }] })),
      live: web(
        container({
          env: [
            { name: "A", value: "1" },
            { name: "DEBUG", value: "1" },
          ],
        }),
        [
          entry(
            manager,
            "Apply",
            inContainer("f:name", "f:image", `f:env.k:{"name":"A"}.f:name`, `f:env.k:{"name":"A"}.f:value`),
          ),
          entry(
            "kubectl-set",
            "Update",
            inContainer(`f:env.k:{"name":"DEBUG"}.!`, `f:env.k:{"name":"DEBUG"}.f:value`),
          ),
        ],
      ),
      drift: [
        {
          what: "added",
          path: "spec.template.spec.containers[web].env[DEBUG]",
          now: { name: "DEBUG", value: "1" },
          ...by("kubectl-set"),
        },
      ],
    },
    {
      what: "no restart, and no bookkeeping of kubectl",
      reference: web(container()),
      live: web(
        {
          template: {
            ...(container() as { template: object }).template,
            metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } },
          },
        },
        [
          entry(manager, "Apply", inContainer("f:name", "f:image")),
          entry(
            "kubectl-rollout",
            "Update",
            fields(`f:spec.f:template.f:metadata.f:annotations.f:kubectl.kubernetes.io/restartedAt`),
          ),
          entry(
            "kubectl-client-side-apply",
            "Update",
            fields(`f:metadata.f:annotations.f:kubectl.kubernetes.io/last-applied-configuration`),
          ),
        ],
        { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } },
      ),
      drift: [],
    },
  ];
  it.each(cases)("$what", ({ reference, live, drift }) => {
    expect(driftOf(reference, live, options)).toEqual(drift);
  });

  it("of the platform file only what somebody else holds: the rest is not deployed yet", () => {
    const wanted = web({ replicas: 2, paused: true, minReadySeconds: 5 });
    const live = web({ replicas: 3, minReadySeconds: 1 }, [
      entry(manager, "Apply", fields("f:spec.f:minReadySeconds")),
      entry("kubectl", "Update", fields("f:spec.f:replicas")),
    ]);
    const found = driftOf(wanted, live, { ...options, reference: "wanted" });
    expect(found.map(({ path }) => path)).toEqual(["spec.replicas"]);
  });

  describe("of a Secret the key and no value", () => {
    const secret = (data: Record<string, string>, managedFields: ManagedFieldsEntry[] = []): KubeObject => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", managedFields },
      data,
    });
    const live = secret({ PASSWORD: "aHVudGVyMg==", EXTRA: "eA==" }, [
      entry("kubectl-edit", "Update", fields("f:data.f:PASSWORD", "f:data.f:EXTRA")),
    ]);
    it("when it was changed or added", () => {
      const found = driftOf(secret({ PASSWORD: "hmac-sha256:1" }), live, {
        ...options,
        isSameSecret: () => false,
      });
      expect(found).toEqual([
        { what: "changed", path: "data.PASSWORD", secret: true, ...by("kubectl-edit") },
        { what: "added", path: "data.EXTRA", secret: true, ...by("kubectl-edit") },
      ]);
    });
    it("but not when the value is the one that was deployed", () => {
      const found = driftOf(secret({ PASSWORD: "hmac-sha256:1", EXTRA: "hmac-sha256:2" }), live, {
        ...options,
        isSameSecret: () => true,
      });
      expect(found).toEqual([]);
    });
  });
});
