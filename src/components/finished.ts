import type { KubeObject } from "../contract/index.ts";
import type { RenderContext } from "../platform/ComponentKind.ts";

/**
 * Last step of every `render`: replaces references wherever text stands, and drops what is undefined. A reference to a secret that
 * reaches this point stands where no secret may stand; `context.text` refuses it.
 */
export function finished(objects: readonly KubeObject[], context: RenderContext): KubeObject[] {
  return objects.map((object) => withTexts(object, context));
}

/** The same for any value. */
export function withTexts<T>(value: T, context: RenderContext): T {
  return walk(value, context) as T;
}

function walk(value: unknown, context: RenderContext): unknown {
  if (typeof value === "string") return context.text(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, context));
  if (typeof value === "object" && value !== null) {
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value))
      if (item !== undefined) result[key] = walk(item, context);
    return result;
  }
  return value;
}
