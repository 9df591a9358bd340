/**
 * The one layering rule: objects merge key by key; lists and scalars replace; `null` or `undefined` removes the key.
 * Neither argument is changed. Anything but plain objects (components, handles, functions, dates) counts as a scalar.
 */
export function merge(base: unknown, over: unknown): unknown {
  if (!isPlainObject(over)) return over ?? undefined;
  const result: Record<string, unknown> = isPlainObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(over)) {
    const merged = value === null || value === undefined ? undefined : merge(result[key], value);
    if (merged === undefined) delete result[key];
    // Not an assignment: that would call the setter of `__proto__`.
    else
      Object.defineProperty(result, key, {
        value: merged,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
  return result;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A platform file may run in another realm (a test runner's), whose Object is not ours.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
