import type { KubeObject } from "../contract/index.ts";
import { apiVersionOf, type KindInfo, type KubeClient } from "../kube/index.ts";
import type { Rendering, SecretDeclaration } from "../platform/index.ts";

/** Where a kind of the real cluster is looked up; undefined when there is none to ask, or it doesn't have it. */
export type KindLookup = (ref: {
  apiVersion: string;
  kind: string;
}) => Promise<Pick<KindInfo, "plural" | "namespaced"> | undefined>;

/**
 * Makes definitions for kinds that neither the sandbox nor the rendering brings (a cluster's cert-manager, say): their objects are taken as
 * they are. Returns what was assumed, as sentences.
 */
export async function assumeKinds(
  objects: readonly KubeObject[],
  client: KubeClient,
  lookup: KindLookup,
): Promise<string[]> {
  const defined = new Set(objects.flatMap(definedKind));
  const foreign = new Map<string, KubeObject[]>();
  for (const object of objects) {
    const id = kindId(object);
    if (defined.has(id) || (await isServed(object, client))) continue;
    foreign.set(id, [...(foreign.get(id) ?? []), object]);
  }
  const notes: string[] = [];
  for (const [first, ...others] of foreign.values()) {
    if (first === undefined) continue;
    const known = await lookup(first);
    const versions = new Set([first, ...others].map(({ apiVersion }) => apiVersion.split("/")[1] ?? "v1"));
    const plural = known?.plural ?? `${first.kind.toLowerCase()}s`;
    const namespaced = known?.namespaced ?? first.metadata.namespace !== undefined;
    await client.create(permissiveDefinition(first, [...versions], plural, namespaced));
    notes.push(
      `The kind ${first.kind} (${first.apiVersion}) is not known here: its objects are taken as they are.`,
    );
  }
  if (notes.length > 0) client.forgetDiscovery();
  return notes;
}

/**
 * Has the kinds served whose definitions are among what is to be put there: only what is written through the API is. Of a cluster's many definitions, those alone that an object needs.
 */
export async function serveLiveKinds(objects: readonly KubeObject[], client: KubeClient): Promise<void> {
  const needed = new Set(objects.map(kindId));
  for (const definition of objects) {
    if (!definedKind(definition).some((id) => needed.has(id))) continue;
    const { apiVersion, kind, metadata, spec } = definition;
    const ref = { apiVersion, kind, name: metadata.name ?? "" };
    if ((await client.find(ref)) === undefined)
      await client.create({ apiVersion, kind, metadata: { name: ref.name }, spec });
  }
  client.forgetDiscovery();
}

const kindId = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string =>
  `${apiVersion.split("/").slice(0, -1).join("/")}/${kind}`;

function definedKind(object: KubeObject): string[] {
  if (object.kind !== "CustomResourceDefinition") return [];
  const { group, names } = object.spec as { group: string; names: { kind: string } };
  return [`${group}/${names.kind}`];
}

async function isServed(object: KubeObject, client: KubeClient): Promise<boolean> {
  const id = kindId(object);
  const kinds = await client.kinds();
  return kinds.some((kind) => kindId({ apiVersion: apiVersionOf(kind), kind: kind.kind }) === id);
}

function permissiveDefinition(
  { apiVersion, kind }: KubeObject,
  versions: readonly string[],
  plural: string,
  namespaced: boolean,
): KubeObject {
  const group = apiVersion.split("/")[0] ?? "";
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      })),
    },
  };
}

/** Puts a stand-in where the platform file expects a Secret that somebody else made. Returns what was assumed. */
export async function assumeSecrets(
  declarations: readonly SecretDeclaration[],
  namespace: string,
  client: KubeClient,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { name, keys, existing } of declarations) {
    const expected = Object.entries(keys)
      .filter(([, source]) => existing === true || source.from === "existing")
      .map(([key]) => key);
    if (expected.length === 0) continue;
    const ref = { apiVersion: "v1", kind: "Secret", name, namespace };
    if ((await client.find(ref)) !== undefined) continue;
    const data = Object.fromEntries(
      expected.map((key) => [key, Buffer.from(`${key}-stand-in`).toString("base64")]),
    );
    await client.create({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, data });
    notes.push(
      `Secret ${name} should be in the cluster with ${expected.join(", ")}: assumed, not looked up (--live does).`,
    );
  }
  return notes;
}

/** Makes the namespace, unless the rendering does or it is there. */
export async function assumeNamespace(rendering: Rendering, client: KubeClient): Promise<void> {
  const namespaces = new Set([
    rendering.namespace,
    ...rendering.objects.flatMap(({ object }) => object.metadata.namespace ?? []),
  ]);
  const made = new Set(
    rendering.objects.flatMap(({ object }) => (object.kind === "Namespace" ? [object.metadata.name] : [])),
  );
  for (const name of namespaces) {
    if (made.has(name) || (await client.find({ apiVersion: "v1", kind: "Namespace", name })) !== undefined)
      continue;
    await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
}
