import type { KubeObject } from "../contract/index.ts";
import { canonicalRulePath, sourceOf, type ParsedRules } from "./parsedRules.ts";
import type { Backend } from "./RouteTable.ts";

interface IngressBackend {
  service?: { name: string; port?: { number?: number; name?: string } };
}
interface IngressSpec {
  defaultBackend?: IngressBackend;
  rules?: {
    host?: string;
    http?: { paths?: { path?: string; pathType?: string; backend?: IngressBackend }[] };
  }[];
}

/** Rules of a networking.k8s.io/v1 Ingress. `ImplementationSpecific` means `Prefix` here. */
export function rulesOfIngress(object: KubeObject): ParsedRules {
  const spec = (object["spec"] ?? {}) as IngressSpec;
  const parsed: ParsedRules = { rules: [], problems: [] };
  for (const [ruleIndex, rule] of (spec.rules ?? []).entries()) {
    const paths = rule.http?.paths ?? (spec.defaultBackend ? [{ backend: spec.defaultBackend }] : []);
    for (const [pathIndex, entry] of paths.entries()) {
      const at = `spec.rules[${ruleIndex}].http.paths[${pathIndex}]`;
      const value = canonicalRulePath("path" in entry ? entry.path : "/", object, at, parsed);
      if (value === undefined) continue;
      parsed.rules.push({
        source: sourceOf("Ingress", object, ruleIndex, pathIndex),
        host: (rule.host ?? "").toLowerCase(),
        wildcardManyLabels: false,
        path: { type: "pathType" in entry && entry.pathType === "Exact" ? "Exact" : "Prefix", value },
        headers: [],
        query: [],
        backends: backendsOf(entry.backend, object),
      });
    }
  }
  if (spec.defaultBackend)
    parsed.rules.push({
      source: sourceOf("Ingress", object, Number.MAX_SAFE_INTEGER, 0),
      host: "",
      wildcardManyLabels: false,
      path: { type: "Prefix", value: "/" },
      headers: [],
      query: [],
      fallback: true,
      backends: backendsOf(spec.defaultBackend, object),
    });
  return parsed;
}

function backendsOf(backend: IngressBackend | undefined, object: KubeObject): Backend[] {
  if (!backend?.service) return [];
  const { name, port } = backend.service;
  return [
    {
      namespace: object.metadata.namespace ?? "default",
      service: name,
      port: port?.number !== undefined ? { number: port.number } : port?.name ? { name: port.name } : "only",
      weight: 1,
    },
  ];
}
