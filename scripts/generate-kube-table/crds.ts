// The CRDs that the sandbox has from the start: Gateway API's, OpenShift's Route, and ImageStream made from OpenShift's OpenAPI document.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeObject } from "../../src/contract/index.ts";
import type { JsonSchema } from "../../src/kube/SchemaNode.ts";

const gatewayKinds = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants"];

export function crds(gatewayApi: string, openshiftApi: string): KubeObject[] {
  const gateway = gatewayKinds.map((plural) =>
    parse(
      readFileSync(join(gatewayApi, `config/crd/standard/gateway.networking.k8s.io_${plural}.yaml`), "utf8"),
    ),
  ) as KubeObject[];
  const route = parse(
    readFileSync(join(openshiftApi, "route/v1/zz_generated.crd-manifests/routes.crd.yaml"), "utf8"),
  ) as KubeObject;
  return [...gateway, route, imageStream(openshiftApi)].map((crd) => {
    delete crd["status"];
    return crd;
  });
}

/** On OpenShift an aggregated API serves ImageStream, so no CRD is published for it. */
function imageStream(openshiftApi: string): KubeObject {
  const document = JSON.parse(readFileSync(join(openshiftApi, "openapi/openapi.json"), "utf8")) as {
    definitions: Record<string, JsonSchema>;
  };
  const schema = structural(document.definitions, "com.github.openshift.api.image.v1.ImageStream");
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "imagestreams.image.openshift.io" },
    spec: {
      group: "image.openshift.io",
      names: {
        kind: "ImageStream",
        listKind: "ImageStreamList",
        plural: "imagestreams",
        singular: "imagestream",
        shortNames: ["is"],
        categories: ["all"],
      },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
          additionalPrinterColumns: [
            { name: "Image Repository", type: "string", jsonPath: ".status.dockerImageRepository" },
            { name: "Tags", type: "string", jsonPath: ".status.tags[*].tag" },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
        },
      ],
    },
  };
}

/** A definition with all it refers to in its place, as a CRD needs it. */
function structural(definitions: Record<string, JsonSchema>, name: string): JsonSchema {
  const expand = (schema: JsonSchema, at: string): JsonSchema => {
    const all = schema["allOf"] as JsonSchema[] | undefined;
    const ref = (schema["$ref"] ?? all?.[0]?.["$ref"]) as string | undefined;
    const { $ref: _ref, allOf: _allOf, default: _zero, ...rest } = schema;
    if (ref !== undefined) {
      const target = ref.split("/").at(-1)!;
      if (target.endsWith(".meta.v1.ObjectMeta")) return { type: "object", ...described(schema) };
      if (target.endsWith(".runtime.RawExtension")) {
        return { type: "object", "x-kubernetes-preserve-unknown-fields": true, ...described(schema) };
      }
      const definition = definitions[target];
      if (!definition) throw new Error(`${at}: no definition ${target}`);
      return { ...expand(definition, `${at}>${target}`), ...rest };
    }
    for (const key of [
      "x-kubernetes-group-version-kind",
      "x-kubernetes-patch-merge-key",
      "x-kubernetes-patch-strategy",
    ]) {
      delete rest[key];
    }
    if (rest["properties"]) {
      rest["properties"] = Object.fromEntries(
        Object.entries(rest["properties"]).map(([key, value]) => [
          key,
          expand(value as JsonSchema, `${at}.${key}`),
        ]),
      );
    }
    if (rest["items"]) rest["items"] = expand(rest["items"] as JsonSchema, `${at}[]`);
    if (rest["additionalProperties"]) {
      rest["additionalProperties"] = expand(rest["additionalProperties"] as JsonSchema, `${at}{}`);
    }
    return rest;
  };
  return expand(definitions[name]!, name);
}

const described = (schema: JsonSchema): JsonSchema =>
  schema["description"] === undefined ? {} : { description: schema["description"] };
