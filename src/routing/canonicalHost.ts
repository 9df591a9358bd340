/**
 * A Host header in the form that is matched: lower-case, without port and trailing dot; `undefined` for what is no host name or address.
 * IPv6 addresses keep their brackets.
 */
export function canonicalHost(raw: string | undefined): string | undefined {
  if (raw === undefined) return undefined;
  const address = /^(\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.exec(raw)?.[1];
  if (address !== undefined) return address.toLowerCase();
  const plain = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)\.?(?::\d{1,5})?$/.exec(raw);
  const name = plain?.[1]?.toLowerCase();
  if (name === undefined || name.length > 253 || name.includes("..")) return undefined;
  return name;
}

/**
 * Whether a host is covered by a pattern: itself, `""` for any, or `*.example.org`. A wildcard stands for one label (Ingress, OpenShift) or, with
 * `manyLabels`, for one or more (Gateway API).
 */
export function hostMatches(host: string, pattern: string, manyLabels: boolean): boolean {
  if (pattern === "") return true;
  if (!pattern.startsWith("*.")) return host === pattern;
  const suffix = pattern.slice(1);
  if (!host.endsWith(suffix)) return false;
  const rest = host.slice(0, -suffix.length);
  return rest !== "" && (manyLabels || !rest.includes("."));
}
