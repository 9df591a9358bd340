import type { KubeObject } from "../contract/index.ts";
import { parseDuration } from "./duration.ts";
import { canonicalRulePath, sourceOf, type ParsedRules } from "./parsedRules.ts";
import type { Backend } from "./RouteTable.ts";

interface RouteSpec {
  host?: string;
  path?: string;
  wildcardPolicy?: string;
  to?: { kind?: string; name: string; weight?: number };
  alternateBackends?: { kind?: string; name: string; weight?: number }[];
  port?: { targetPort?: number | string };
}

/**
 * Rules of a route.openshift.io/v1 Route. TLS settings are not looked at: the development front door speaks plain HTTP on loopback.
 * Of the router's annotations `rewrite-target` and `timeout` are obeyed.
 */
export function rulesOfOpenShiftRoute(object: KubeObject): ParsedRules {
  const spec = (object["spec"] ?? {}) as RouteSpec;
  const annotations = object.metadata.annotations ?? {};
  const parsed: ParsedRules = { rules: [], problems: [] };
  const value = canonicalRulePath(spec.path, object, "spec", parsed);
  if (value === undefined) return parsed;
  const target = annotations["haproxy.router.openshift.io/rewrite-target"];
  const host = (spec.host ?? "").toLowerCase();
  parsed.rules.push({
    source: sourceOf("Route", object, 0, 0),
    // Subdomain: `www.apps.example.org` stands for `*.apps.example.org`.
    host: spec.wildcardPolicy === "Subdomain" ? host.replace(/^[^.]*/, "*") : host,
    wildcardManyLabels: false,
    path: { type: "Prefix", value },
    headers: [],
    query: [],
    rewrite: target === undefined ? undefined : { path: { type: "ReplacePrefixMatch", value: target } },
    timeout: parseDuration(annotations["haproxy.router.openshift.io/timeout"]),
    backends: [spec.to, ...(spec.alternateBackends ?? [])].flatMap((backend): Backend[] =>
      backend && (backend.kind ?? "Service") === "Service"
        ? [
            {
              namespace: object.metadata.namespace ?? "default",
              service: backend.name,
              port: spec.port?.targetPort === undefined ? "only" : { target: spec.port.targetPort },
              weight: backend.weight ?? 100,
            },
          ]
        : [],
    ),
  });
  return parsed;
}
