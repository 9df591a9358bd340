/** A deep copy of a JSON value: much quicker than `structuredClone`, which also copies what JSON can't hold. */
export function copyJson<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const out: Record<string, unknown> = {};
  for (const name in value) {
    const item: unknown = value[name];
    if (name === "__proto__")
      Object.defineProperty(out, name, {
        value: copyJson(item),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else out[name] = typeof item === "object" ? copyJson(item) : item;
  }
  return out as T;
}
