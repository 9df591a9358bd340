import { annotations, type KubeObject } from "../../contract/index.ts";
import type { Context } from "../DeployContext.ts";
import { ownerIdOf } from "../Environment.ts";
import { groupKind } from "../objectKey.ts";
import type { Rendering, RenderedObject } from "../../platform/Rendering.ts";
import { applicable } from "./isUnchanged.ts";

export interface WantedObject {
  readonly object: KubeObject;
  readonly component?: string;
}

/** Kinds that the rendering itself defines: `group/Kind` -> whether its objects have a namespace. */
export function definedKinds(objects: readonly KubeObject[]): Map<string, boolean> {
  const kinds = new Map<string, boolean>();
  for (const object of objects) {
    if (object.kind !== "CustomResourceDefinition") continue;
    const spec = object["spec"] as { group?: string; scope?: string; names?: { kind?: string } } | undefined;
    kinds.set(`${spec?.group ?? ""}/${spec?.names?.kind ?? ""}`, spec?.scope !== "Cluster");
  }
  return kinds;
}

/** The objects as they will be applied: with their namespace where they have one, our owner annotation, and nothing that only a server writes. */
export async function wantedObjects(
  rendering: Rendering,
  objects: readonly RenderedObject[],
  context: Context,
): Promise<WantedObject[]> {
  const defined = definedKinds(objects.map((rendered) => rendered.object));
  const owner = ownerIdOf(rendering);
  const scopes = new Map<string, boolean>();
  const wanted: WantedObject[] = [];
  for (const { object, component } of objects) {
    const name = groupKind(object);
    let namespaced = scopes.get(name);
    if (namespaced === undefined) {
      namespaced = defined.get(name) ?? (await namespacedKind(object, context));
      scopes.set(name, namespaced);
    }
    const { namespace, ...metadata } = object.metadata;
    const stamped: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        ...(namespaced ? { namespace: namespace ?? rendering.namespace } : {}),
        // A namespace is shared: whoever makes it does not own what others put into it.
        ...(name === "/Namespace"
          ? {}
          : { annotations: { ...metadata.annotations, [annotations.owner]: owner } }),
      },
    };
    wanted.push({ object: applicable(stamped), ...(component === undefined ? {} : { component }) });
  }
  return wanted;
}

/** A kind that nobody serves yet is taken as namespaced; the plan will say that it is not served. */
async function namespacedKind(object: KubeObject, { client }: Context): Promise<boolean> {
  try {
    return (await client.kindOf({ apiVersion: object.apiVersion, kind: object.kind })).namespaced;
  } catch (error) {
    if ((error as { code?: unknown }).code === "Unsupported") return true;
    throw error;
  }
}
