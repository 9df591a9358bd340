import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { labels as labelNames, MoorageError, type KubeObject } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { everyKind, text } from "./fields.ts";
import { finding } from "./finding.ts";
import { isKubeObject, withTexts } from "./finished.ts";
import { parseManifests } from "./parseManifests.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    yaml: text().optional().meta({ description: "One or more YAML documents." }),
    files: z
      .array(z.string().min(1))
      .optional()
      .meta({ description: "Files with YAML documents, beside the platform file." }),
    objects: z
      .array(
        z.custom<Record<string, unknown>>(
          (value) => typeof value === "object" && value !== null && !Array.isArray(value),
          { error: "expected a Kubernetes object" },
        ),
      )
      .optional()
      .meta({ description: "Objects." }),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const manifestsKind = defineKind({
  kind: "manifests",
  description: "Plain Kubernetes objects: YAML, files, or objects.",
  schema,
  outputs: [],
  resolve: () => ({ type: "text", value: "" }),
  check: (component) => {
    const { yaml, files = [], objects = [] } = component.spec;
    if (yaml !== undefined || files.length + objects.length > 0) return [];
    return [finding(component, "", "it has no objects", { hint: "give it yaml, files or objects" })];
  },
  render: (component, context) =>
    documentsOf(component, context).map((document) => complete(document, component, context)),
});

interface Document {
  readonly value: unknown;
  /** For messages: `manifests/rbac.yaml`. */
  readonly source: string;
}

function documentsOf(component: PlacedComponent<Spec>, context: RenderContext): Document[] {
  const { yaml, files = [], objects = [] } = component.spec;
  const texts = [
    ...(yaml === undefined
      ? []
      : [{ source: `components.${component.key}.yaml`, content: context.text(yaml) }]),
    ...files.map((source) => ({ source, content: new TextDecoder().decode(context.readFile(source)) })),
  ];
  return [
    ...texts.flatMap(({ source, content }) =>
      parseManifests(content, source).map((value) => ({ value, source })),
    ),
    ...objects.map((value, index) => ({
      value: withTexts(value, context),
      source: `components.${component.key}.objects[${index}]`,
    })),
  ];
}

/** Adds the namespace where there is one to add, and the labels by which its objects are found; what the object says itself wins. */
function complete(
  { value, source }: Document,
  component: PlacedComponent,
  context: RenderContext,
): KubeObject {
  const name: unknown = isKubeObject(value) ? value.metadata.name : undefined;
  if (typeof name === "boolean" || typeof name === "number") {
    throw new MoorageError("PlatformInvalid", `metadata.name is ${name}, not text`, {
      file: source,
      path: `components.${component.key}`,
      hint: "quote it: YAML reads numbers, and y, n, yes, no, on and off, as something else",
      exitCode: 2,
    });
  }
  if (!isKubeObject(value) || typeof value.metadata.name !== "string") {
    throw new MoorageError(
      "PlatformInvalid",
      "not a Kubernetes object: it needs apiVersion, kind and metadata.name",
      {
        file: source,
        path: `components.${component.key}`,
        exitCode: 2,
      },
    );
  }
  const { apiVersion, kind, metadata } = value;
  const { namespace, labels } = context.metadata(component);
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const ours = Object.fromEntries(
    // Not `name`: its pods would be taken for another component's.
    Object.entries(labels).filter(([label]) => label !== labelNames.name),
  );
  return {
    ...value,
    metadata: {
      ...metadata,
      ...(metadata.namespace === undefined && !isClusterWide(group, kind) && { namespace }),
      labels: { ...ours, ...metadata.labels },
    },
  };
}

/** Built-in kinds without namespace. Custom ones say their namespace, or none, and are completed by the API server's answer. */
const clusterWide = new Set([
  "/Namespace",
  "/Node",
  "/PersistentVolume",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "certificates.k8s.io/CertificateSigningRequest",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "gateway.networking.k8s.io/GatewayClass",
  "networking.k8s.io/IngressClass",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttributesClass",
  "cert-manager.io/ClusterIssuer",
]);

const isClusterWide = (group: string, kind: string): boolean => clusterWide.has(`${group}/${kind}`);

/** Plain Kubernetes objects. */
export const manifests = defineComponent(manifestsKind);
