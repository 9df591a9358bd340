import type { KubeObject } from "../contract/index.ts";
import { sourceOf, type ParsedRules } from "./parsedRules.ts";

/** A Service of type LoadBalancer takes every path at any host; its first port is the one that a browser is meant for. */
export function rulesOfLoadBalancer(object: KubeObject): ParsedRules {
  const spec = (object["spec"] ?? {}) as { type?: string; ports?: { port: number }[] };
  const port = spec.ports?.[0]?.port;
  if (spec.type !== "LoadBalancer" || port === undefined) return { rules: [], problems: [] };
  const { namespace = "default", name = "" } = object.metadata;
  return {
    rules: [
      {
        source: sourceOf("Service", object, 0, 0),
        host: "",
        wildcardManyLabels: false,
        path: { type: "Prefix", value: "/" },
        headers: [],
        query: [],
        backends: [{ namespace, service: name, port: { number: port }, weight: 1 }],
      },
    ],
    problems: [],
  };
}
