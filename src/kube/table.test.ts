import { readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { brotliDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MoorageError, type KubeObject } from "../contract/index.ts";
import {
  apiVersionOf,
  builtinKinds,
  compileSchema,
  loadOpenApi,
  loadSchema,
  openApiPaths,
  preloadedCrds,
  schemaVersions,
  validateStrict,
  type SchemaNode,
} from "./index.ts";
import { isProtobuf, loadProtobuf } from "./loadProtobuf.ts";

const field = (schema: SchemaNode, path: string): SchemaNode => {
  let node = schema;
  for (const part of path.split(".")) node = part === "[]" ? node.items! : node.properties![part]!;
  return node;
};
const deployment = loadSchema({ group: "apps", version: "v1", kind: "Deployment" })!;
const pod = "spec.template.spec";

const hasHostnameOverride = (version: string): boolean =>
  "hostnameOverride" in
  loadSchema({ group: "", version: "v1", kind: "Pod" }, version)!.properties!["spec"]!.properties!;

describe("loadSchema", () => {
  it("knows every built-in kind in every version", () => {
    for (const version of schemaVersions) {
      for (const kind of builtinKinds) {
        expect(loadSchema(kind, version)?.properties, `${kind.kind} of ${version}`).toBeDefined();
      }
    }
  });

  it.each([
    [
      `${pod}.containers`,
      { listType: "map", listMapKeys: ["name"], patchStrategy: ["merge"], patchMergeKey: "name" },
    ],
    [
      `${pod}.containers.[].ports`,
      { listType: "map", listMapKeys: ["containerPort", "protocol"], patchMergeKey: "containerPort" },
    ],
    [`${pod}.containers.[].args`, { type: "array", listType: "atomic" }],
    [`${pod}.containers.[].image`, { type: "string" }],
    [`${pod}.containers.[].resources.limits`, { type: "map", values: { type: "quantity" } }],
    [
      `${pod}.containers.[].ports.[].protocol`,
      { type: "string", default: "TCP", enum: ["SCTP", "TCP", "UDP"] },
    ],
    [`${pod}.containers.[].livenessProbe.httpGet.port`, { type: "intOrString" }],
    [`${pod}.topologySpreadConstraints`, { listMapKeys: ["topologyKey", "whenUnsatisfiable"] }],
    [`${pod}.volumes`, { patchStrategy: ["merge", "retainKeys"], patchMergeKey: "name" }],
    ["spec.selector", { type: "object", mapType: "atomic" }],
    ["spec.strategy", { patchStrategy: ["retainKeys"] }],
    ["metadata.finalizers", { listType: "set", patchStrategy: ["merge"] }],
    ["metadata.creationTimestamp", { type: "string", format: "date-time" }],
    ["status.conditions", { listType: "map", listMapKeys: ["type"] }],
  ] as const)("tells how %s merges", (path, expected) => {
    expect(field(deployment, path)).toMatchObject(expected);
  });

  it("keeps no zero value as a default", () => {
    expect(field(deployment, `${pod}.containers.[].ports.[].containerPort`).default).toBeUndefined();
  });

  it("follows a type that contains itself", () => {
    const crd = loadSchema({
      group: "apiextensions.k8s.io",
      version: "v1",
      kind: "CustomResourceDefinition",
    })!;
    const props = field(crd, "spec.versions.[].schema.openAPIV3Schema");
    expect(props.properties!["properties"]!.values).toBe(props);
  });

  it("tells versions apart", () => {
    expect(schemaVersions.map(hasHostnameOverride)).toEqual([false, false, true, true, true]);
  });
});

describe("OpenAPI documents", () => {
  it("are there for every group and version, closed under reference, with what kubectl reads of a PATCH", () => {
    const documents = new Set(builtinKinds.map(apiVersionOf));
    expect(Object.keys(openApiPaths())).toHaveLength(documents.size);
    for (const groupVersion of documents) {
      const document = loadOpenApi(groupVersion) as {
        paths: Record<string, { patch?: Record<string, unknown> & { parameters: { name: string }[] } }>;
        components: { schemas: Record<string, unknown> };
      };
      const text = JSON.stringify(document);
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
        expect(document.components.schemas).toHaveProperty([name!]);
      }
      for (const [path, { patch }] of Object.entries(document.paths)) {
        if (!patch || path.endsWith("/proxy")) continue;
        expect(patch["x-kubernetes-group-version-kind"]).toBeDefined();
        expect(patch.parameters.map((each) => each.name)).toContain("fieldValidation");
      }
      for (const kind of builtinKinds.filter((each) => apiVersionOf(each) === groupVersion)) {
        expect(text).toContain(`/${kind.plural}"`);
      }
    }
  });
});

describe("protobuf bodies", () => {
  const vectors = brotliDecompressSync(
    readFileSync(new URL("./testdata/protobuf-vectors.ndjson.brotli", import.meta.url)),
  )
    .toString("utf8")
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; body: string; object: KubeObject });

  it.each(vectors)("decode to what JSON says of $name", ({ body, object }) => {
    const bytes = Buffer.from(body, "base64");
    expect(isProtobuf(bytes)).toBe(true);
    expect(loadProtobuf()(bytes)).toEqual(object);
  });

  it("that are cut off or garbled are refused in words, never with anything else", () => {
    const whole = Buffer.from(vectors[0]!.body, "base64");
    const decode = loadProtobuf();
    for (let length = 0; length < whole.length; length += 97) {
      const cut = whole.subarray(0, length);
      const run = (): unknown => {
        try {
          return decode(cut);
        } catch (error) {
          return error;
        }
      };
      // Cut between two fields, it may still be a message.
      const outcome = run();
      expect(outcome instanceof MoorageError || !(outcome instanceof Error)).toBe(true);
    }
    expect(() => decode(whole.subarray(0, whole.length - 50))).toThrow(
      "The body is not valid Kubernetes protobuf",
    );
  });

  it("of an unknown kind are refused in words", () => {
    const typeMeta = Buffer.from([0x0a, 4, ...Buffer.from("x/v1"), 0x12, 3, ...Buffer.from("Foo")]);
    const body = Buffer.from([...Buffer.from("k8s\0"), 0x0a, typeMeta.length, ...typeMeta]);
    expect(() => loadProtobuf()(body)).toThrow("There is no protobuf message for Foo of x/v1.");
  });
});

const route = (port: unknown): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "r" },
  spec: { rules: [{ backendRefs: [{ name: "s", port }] }] },
});

describe("validateStrict", () => {
  const good: KubeObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "curator", labels: { "app.kubernetes.io/name": "curator" } },
    spec: {
      selector: { matchLabels: { app: "curator" } },
      template: {
        metadata: { labels: { app: "curator" } },
        spec: {
          containers: [
            {
              name: "curator",
              image: "curator:1",
              ports: [{ containerPort: 80, protocol: "TCP" }],
              resources: { limits: { memory: "1Gi", cpu: "0.5" } },
              imagePullPolicy: "Always",
            },
          ],
          volumes: [{ name: "tmp", emptyDir: {} }],
        },
      },
    },
  };

  it.each(schemaVersions)("finds nothing wrong with a good Deployment in %s", (version) => {
    expect(validateStrict(good, version)).toEqual([]);
  });

  it.each<[string, (container: Record<string, unknown>) => void, string, string]>([
    [
      "a misspelt field",
      (c) => Object.assign(c, { imagePullpolicy: "Always" }),
      "imagePullpolicy",
      "is no field",
    ],
    ["a wrong type", (c) => Object.assign(c, { args: "serve" }), "args", "must be a list"],
    [
      "a number for a string",
      (c) => Object.assign(c, { env: [{ name: "A", value: 1 }] }),
      "env[0].value",
      "must be a string, but is 1",
    ],
    ["a missing name", (c) => delete c["name"], "name", "is required"],
    [
      "a value outside a closed set",
      (c) => Object.assign(c, { imagePullPolicy: "Sometimes" }),
      "imagePullPolicy",
      "must be one of",
    ],
    [
      "a quantity that is none",
      (c) => Object.assign(c, { resources: { limits: { memory: "1GB" } } }),
      "resources.limits.memory",
      "quantity",
    ],
    [
      "a list key twice",
      (c) => Object.assign(c, { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] }),
      "ports[1]",
      "repeats",
    ],
  ])("finds %s, with its path", (_, spoil, path, message) => {
    const bad = structuredClone(good) as unknown as {
      spec: { template: { spec: { containers: Record<string, unknown>[] } } };
    };
    spoil(bad.spec.template.spec.containers[0]!);
    const problems = validateStrict(bad as unknown as KubeObject);
    expect(problems).toHaveLength(1);
    expect(problems[0]!.path).toBe(`spec.template.spec.containers[0].${path}`);
    expect(problems[0]!.message).toContain(message);
  });

  it("suggests what was meant", () => {
    const bad = { ...good, spec: { ...(good["spec"] as object), replica: 2 } };
    expect(validateStrict(bad)).toMatchObject([{ path: "spec.replica", hint: "Did you mean replicas?" }]);
  });

  it("checks Gateway API's and OpenShift's kinds by their CRDs", () => {
    expect(validateStrict(route(80))).toEqual([]);
    expect(validateStrict(route("http"))).toMatchObject([{ path: "spec.rules[0].backendRefs[0].port" }]);
    const openshift = {
      apiVersion: "route.openshift.io/v1",
      kind: "Route",
      metadata: { name: "r" },
      spec: {},
    };
    expect(validateStrict(openshift)).toMatchObject([
      { path: "spec.to", message: "is required, but missing" },
    ]);
    const stream = {
      apiVersion: "image.openshift.io/v1",
      kind: "ImageStream",
      metadata: { name: "r" },
      spec: { tag: [] },
    };
    expect(validateStrict(stream)).toMatchObject([{ path: "spec.tag", hint: "Did you mean tags?" }]);
  });

  it("says nothing of kinds it doesn't know", () => {
    expect(validateStrict({ apiVersion: "x/v1", kind: "Y", metadata: {}, z: 1 })).toEqual([]);
  });
});

describe("compileSchema", () => {
  it("adds apiVersion, kind and a full ObjectMeta to every preloaded CRD", () => {
    for (const crd of preloadedCrds()) {
      const { versions } = crd["spec"] as {
        versions: { schema: { openAPIV3Schema: Record<string, unknown> } }[];
      };
      for (const version of versions) {
        const schema = compileSchema(version.schema.openAPIV3Schema);
        expect(field(schema, "metadata.ownerReferences").listMapKeys).toEqual(["uid"]);
      }
    }
  });

  it("keeps what merging and validation need", () => {
    const schema = compileSchema({
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
            items: {
              type: "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["name"],
              items: { type: "object", properties: { name: { type: "string", maxLength: 3 } } },
            },
            anything: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            labels: { type: "object", additionalProperties: { type: "string" } },
          },
        },
      },
    });
    expect(field(schema, "spec")).toEqual({
      type: "object",
      properties: {
        port: { type: "intOrString" },
        items: {
          type: "array",
          listType: "map",
          listMapKeys: ["name"],
          items: { type: "object", properties: { name: { type: "string", maxLength: 3 } } },
        },
        anything: { type: "object", preserveUnknownFields: true },
        labels: { type: "map", values: { type: "string" } },
      },
    });
  });
});

it("loads no part of the table before it is asked", () => {
  const script = `
    import { syncBuiltinESMExports } from "node:module";
    import fs from "node:fs";
    const read = [];
    const real = fs.readFileSync;
    fs.readFileSync = (path, ...rest) => { read.push(String(path)); return real(path, ...rest); };
    syncBuiltinESMExports();
    await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
    console.log(JSON.stringify(read.filter((path) => path.includes("/table/") && path.endsWith(".br"))));
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(JSON.parse(output)).toEqual([]);
});
