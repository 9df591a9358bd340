/** A status without the counts that are zero, as Kubernetes writes them (`omitempty`); `kept` are those that it writes all the same. */
export function withoutZeros<T extends object>(status: T, kept: readonly (keyof T)[] = []): T {
  const entries = Object.entries(status).filter(
    ([name, value]) => value !== 0 || (kept as readonly string[]).includes(name),
  );
  return Object.fromEntries(entries) as T;
}
