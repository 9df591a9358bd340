import type { KubeObject, Problem } from "../contract/index.ts";
import { canonicalPath } from "./canonicalPath.ts";
import type { RouteRule, RouteSource } from "./RouteTable.ts";

/** What one object gives. */
export interface ParsedRules {
  readonly rules: RouteRule[];
  readonly problems: Problem[];
}

export function sourceOf(
  kind: RouteSource["kind"],
  object: KubeObject,
  rule: number,
  match: number,
): RouteSource {
  return {
    kind,
    namespace: object.metadata.namespace ?? "default",
    name: object.metadata.name ?? "",
    labels: object.metadata.labels ?? {},
    createdAt: object.metadata.creationTimestamp ?? "",
    rule,
    match,
  };
}

/** A rule's path in canonical form; a path that no canonical request could have is a problem. Missing: `/`. */
export function canonicalRulePath(
  path: string | undefined,
  object: KubeObject,
  at: string,
  parsed: ParsedRules,
): string | undefined {
  const canonical = canonicalPath(path === undefined || path === "" ? "/" : path);
  if (canonical.ok) return canonical.path;
  problem(object, `${at}.path`, `${canonical.reason}: ${path}`, parsed);
  return undefined;
}

export function problem(object: KubeObject, path: string, message: string, parsed: ParsedRules): void {
  const { namespace = "default", name = "" } = object.metadata;
  parsed.problems.push({ path: `${object.kind} ${namespace}/${name}: ${path}`, message });
}

/** Whether a regular expression compiles here. */
export function compiles(expression: string): boolean {
  try {
    void new RegExp(`^(?:${expression})$`);
    return true;
  } catch {
    return false;
  }
}
