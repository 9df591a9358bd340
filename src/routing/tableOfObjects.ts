import type { KubeObject } from "../contract/index.ts";
import { comparePrecedence } from "./precedence.ts";
import type { ParsedRules } from "./parsedRules.ts";
import type { RouteRule, RouteTable } from "./RouteTable.ts";
import { rulesOfHttpRoute } from "./rulesOfHttpRoute.ts";
import { rulesOfIngress } from "./rulesOfIngress.ts";
import { rulesOfLoadBalancer } from "./rulesOfLoadBalancer.ts";
import { rulesOfOpenShiftRoute } from "./rulesOfOpenShiftRoute.ts";

/** One line for each kind that routes. */
const parsers: readonly { group: string; kind: string; parse: (object: KubeObject) => ParsedRules }[] = [
  { group: "networking.k8s.io", kind: "Ingress", parse: rulesOfIngress },
  { group: "gateway.networking.k8s.io", kind: "HTTPRoute", parse: rulesOfHttpRoute },
  { group: "route.openshift.io", kind: "Route", parse: rulesOfOpenShiftRoute },
  { group: "", kind: "Service", parse: rulesOfLoadBalancer },
];

/** The rules of all objects that route, in the order in which they are tried. Other objects are passed over. */
export function routeTable(objects: Iterable<KubeObject>): RouteTable {
  const all: ParsedRules = { rules: [], problems: [] };
  for (const object of objects) {
    const parsed = rulesOf(object);
    all.rules.push(...parsed.rules);
    all.problems.push(...parsed.problems);
  }
  return orderedTable(all.rules, all.problems);
}

/** The rules of one object, in its own order. */
export function rulesOf(object: KubeObject): ParsedRules {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  const parser = parsers.find((entry) => entry.group === group && entry.kind === object.kind);
  return parser ? parser.parse(object) : { rules: [], problems: [] };
}

/** A table of rules made elsewhere: with further hosts, say. */
export const orderedTable = (
  rules: readonly RouteRule[],
  problems: RouteTable["problems"] = [],
): RouteTable => ({ rules: rules.toSorted(comparePrecedence), problems });
