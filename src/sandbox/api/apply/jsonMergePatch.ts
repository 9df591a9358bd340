import { isObject } from "../schema/SchemaNode.ts";

/** JSON merge patch (RFC 7386): objects merge, null removes, all else replaces. Returns a new value that shares what wasn't touched. */
export function jsonMergePatch(object: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const out: Record<string, unknown> = isObject(object) ? { ...object } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete out[key];
    else {
      const merged = jsonMergePatch(Object.hasOwn(out, key) ? out[key] : undefined, value);
      if (key === "__proto__")
        Object.defineProperty(out, key, {
          value: merged,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else out[key] = merged;
    }
  }
  return out;
}
