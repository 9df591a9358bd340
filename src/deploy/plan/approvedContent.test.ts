import { describe, expect, it } from "vitest";
import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { approvedContent, changedSince } from "./approvedContent.ts";

const owned = (
  manager: string,
  fieldsV1: Record<string, unknown>,
  more: ManagedFieldsEntry = {},
): ManagedFieldsEntry => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-03-02T08:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...more,
});

const deployment = (
  spec: object,
  metadata: object = {},
  managedFields: ManagedFieldsEntry[] = [],
): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "api", labels: { team: "lab" }, ...metadata, managedFields },
  spec,
});

const containers = (image: string, more: object = {}): object => ({
  template: {
    spec: {
      containers: [
        { name: "main", image, ...more },
        { name: "beside", image: "b" },
      ],
    },
  },
});

describe("what was approved to be deleted", () => {
  const live = deployment({ replicas: 2, ...containers("a") });
  const approved = approvedContent(live);

  it.each([
    ["nothing", live, []],
    ["its status", { ...live, status: { replicas: 2 } }, []],
    [
      "its version and what a controller notes on it",
      deployment(
        { replicas: 2, ...containers("a") },
        { resourceVersion: "9", generation: 3, annotations: { "deployment.kubernetes.io/revision": "4" } },
      ),
      [],
    ],
    [
      "how many an autoscaler wants",
      deployment({ replicas: 5, ...containers("a") }, {}, [
        owned("kube-controller-manager", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" }),
      ]),
      [],
    ],
    [
      "how many somebody wants",
      deployment({ replicas: 5, ...containers("a") }, {}, [
        owned("kubectl", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" }),
      ]),
      ["spec.replicas (kubectl)"],
    ],
    [
      "one container's image, though the list is another",
      deployment({
        replicas: 2,
        template: {
          spec: {
            containers: [
              { name: "beside", image: "b" },
              { name: "main", image: "c" },
            ],
          },
        },
      }),
      ["spec.template.spec.containers[main].image"],
    ],
    [
      "a label that is gone",
      deployment({ replicas: 2, ...containers("a") }, { labels: {} }),
      ["metadata.labels.team"],
    ],
    [
      "a field that grew fields of its own",
      deployment({ replicas: 2, ...containers("a", { resources: { limits: { cpu: "1" } } }) }),
      ["spec.template.spec.containers[main].resources.limits.cpu"],
    ],
    [
      "that it was restarted",
      deployment({
        replicas: 2,
        template: {
          metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } },
          ...(containers("a") as { template: object }).template,
        },
      }),
      [],
    ],
  ])("tells %s", (_what, now, expected) => {
    expect(changedSince(approved, now)).toEqual(expected);
  });
});

describe("of a Secret", () => {
  const secret = (value: string, time = "2026-03-02T08:00:00Z", manager = "moorage"): KubeObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "db",
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": value },
      managedFields: [owned(manager, { "f:data": { ".": {}, "f:PASSWORD": {} } }, { time })],
    },
    data: { PASSWORD: value },
  });

  it("nothing is kept that follows from its values", () => {
    expect(approvedContent(secret("YQ=="))).toEqual(approvedContent(secret("Yg==")));
  });

  it("is told by whom a key was written since", () => {
    const approved = approvedContent(secret("YQ=="));
    expect(changedSince(approved, secret("YQ=="))).toEqual([]);
    expect(changedSince(approved, secret("Yg==", "2026-03-02T09:00:00Z", "kubectl-edit"))).toEqual([
      "data.PASSWORD (kubectl-edit)",
    ]);
  });
});
