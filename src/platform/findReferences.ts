import { isComponent, type AnyComponent } from "./Component.ts";
import { hasReference, parseReferences, type ReferenceSource } from "./reference.ts";
import { isSecret, secretNameOf } from "./secret.ts";

export type Found =
  | { readonly type: "reference"; readonly source: ReferenceSource; readonly path: readonly PropertyKey[] }
  | { readonly type: "component"; readonly component: AnyComponent; readonly path: readonly PropertyKey[] }
  | { readonly type: "secret"; readonly secret: string; readonly path: readonly PropertyKey[] };

/** Every reference and component in a specification, with its path. */
export function findReferences(value: unknown): Found[] {
  const found: Found[] = [];
  const seen = new Set<object>();
  const visit = (inner: unknown, path: readonly PropertyKey[]): void => {
    if (typeof inner === "string") {
      if (!hasReference(inner)) return;
      for (const piece of parseReferences(inner)) {
        if (typeof piece !== "string") found.push({ type: "reference", source: piece, path });
      }
    } else if (isComponent(inner)) {
      found.push({ type: "component", component: inner, path });
    } else if (isSecret(inner)) {
      found.push({ type: "secret", secret: secretNameOf(inner), path });
    } else if (Array.isArray(inner)) {
      if (seen.has(inner)) return;
      seen.add(inner);
      for (const [index, element] of inner.entries()) visit(element, [...path, index]);
    } else if (typeof inner === "object" && inner !== null && !ArrayBuffer.isView(inner)) {
      if (seen.has(inner)) return;
      seen.add(inner);
      for (const key of Object.keys(inner)) visit((inner as Record<string, unknown>)[key], [...path, key]);
    }
  };
  visit(value, []);
  return found;
}
