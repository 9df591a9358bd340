import type { KubeObject } from "../contract/index.ts";
import type { RenderContext } from "../platform/ComponentKind.ts";

/**
 * Last step of every `render`: replaces references wherever text stands, and drops what is undefined. A reference to a secret that
 * reaches this point stands where no secret may stand; `context.text` refuses it.
 */
export const finished = (objects: readonly KubeObject[], context: RenderContext): KubeObject[] =>
  objects.map((object) => withTexts(object, context)).filter(isKubeObject);

/** The same for any value. */
export function withTexts(value: unknown, context: RenderContext): unknown {
  if (typeof value === "string") return context.text(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, context));
  if (typeof value === "object" && value !== null) {
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value))
      if (item !== undefined) result[key] = withTexts(item, context);
    return result;
  }
  return value;
}

/** Whether a value has what every object has: apiVersion, kind and metadata. */
export const isKubeObject = (value: unknown): value is KubeObject =>
  typeof value === "object" &&
  value !== null &&
  "apiVersion" in value &&
  typeof value.apiVersion === "string" &&
  "kind" in value &&
  typeof value.kind === "string" &&
  "metadata" in value &&
  typeof value.metadata === "object" &&
  value.metadata !== null;
