import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { isUnchanged } from "./isUnchanged.ts";
import type { FieldsV1 } from "./ownedFields.ts";

const manager = "moorage:mice.prod";
const liveOf = (object: KubeObject, fieldsV1: FieldsV1): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    managedFields: [
      { manager, operation: "Apply", apiVersion: object.apiVersion, fieldsType: "FieldsV1", fieldsV1 },
    ],
  },
});
const route = (spec: Record<string, unknown>): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "api", namespace: "mice" },
  spec,
});
const routeFields: FieldsV1 = { "f:spec": { "f:parentRefs": {}, "f:rules": {} } };
const wantedRoute = route({
  parentRefs: [{ name: "front" }],
  rules: [{ backendRefs: [{ name: "api", port: 80 }] }],
});
const defaulted = (weight: number): KubeObject =>
  liveOf(
    route({
      parentRefs: [{ name: "front", group: "gateway.networking.k8s.io", kind: "Gateway" }],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          backendRefs: [{ name: "api", port: 80, group: "", kind: "Service", weight }],
        },
      ],
    }),
    routeFields,
  );

const variable = (source: Record<string, unknown>): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "api", namespace: "mice" },
  spec: { template: { spec: { containers: [{ name: "api", env: [{ name: "IP", valueFrom: source }] }] } } },
});
const variableFields: FieldsV1 = {
  "f:spec": {
    "f:template": {
      "f:spec": {
        "f:containers": {
          'k:{"name":"api"}': {
            ".": {},
            "f:name": {},
            "f:env": { 'k:{"name":"IP"}': { ".": {}, "f:name": {}, "f:valueFrom": { "f:fieldRef": {} } } },
          },
        },
      },
    },
  },
};

describe("whether an object is as it was applied, told without a request", () => {
  it.each([
    ["an atomic list with what the server fills in", defaulted(1), wantedRoute, true],
    ["an atomic list with a value that is no default", defaulted(7), wantedRoute, false],
    [
      "an atomic list that is shorter",
      defaulted(1),
      route({ parentRefs: [{ name: "front" }], rules: [] }),
      false,
    ],
    [
      "an atomic map inside of an associative list",
      liveOf(variable({ fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } }), variableFields),
      variable({ fieldRef: { fieldPath: "status.podIP" } }),
      true,
    ],
    [
      "another value in it",
      liveOf(variable({ fieldRef: { apiVersion: "v1", fieldPath: "status.hostIP" } }), variableFields),
      variable({ fieldRef: { fieldPath: "status.podIP" } }),
      false,
    ],
    [
      "a default that we own by name and want no more",
      liveOf(route({ parentRefs: [], hostnames: ["a"] }), {
        "f:spec": { "f:parentRefs": {}, "f:hostnames": {} },
      }),
      route({ parentRefs: [] }),
      false,
    ],
  ])("%s", (_what, live, wanted, expected) => {
    expect(isUnchanged(live, wanted, manager)).toBe(expected);
  });
});
