const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** FNV-1a, 32 bits. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** JSON with sorted keys, so that equal values give equal texts. Absent, null and undefined fields are the same. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Whether two values have the same canonical JSON, without making it. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const [one, other] = [a ?? null, b ?? null];
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object")
    return one === other;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((entry, index) => isEqual(entry, other[index]))
    );
  }
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  for (const key in left) if (!isEqual(left[key], right[key])) return false;
  // What only the other one has must be nothing.
  for (const key in right) if (left[key] === undefined && (right[key] ?? null) !== null) return false;
  return true;
}

/**
 * The hash in the names of ReplicaSets and ControllerRevisions: like Kubernetes' (FNV-32 in an alphabet that spells no words), though not the same
 * value, since that one is of Go's memory layout. `collisions` gives another hash for the same value.
 */
export function templateHash(value: unknown, collisions = 0): string {
  const hash = fnv32(canonicalJson(value) + (collisions > 0 ? `#${collisions}` : ""));
  return String(hash).replace(/./g, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]!);
}
