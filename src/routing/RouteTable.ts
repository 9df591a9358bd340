import type { Problem } from "../contract/index.ts";

/** All rules of all objects, the one that wins first. Made by `routeTable(objects)`. */
export interface RouteTable {
  readonly rules: readonly RouteRule[];
  /** What could not be understood: such a rule is left out, so that it never routes wrongly. */
  readonly problems: readonly Problem[];
}

/** One host, one match, and what then happens. */
export interface RouteRule {
  readonly source: RouteSource;
  /** Lower-case; `*.example.org`; `""` for any host. */
  readonly host: string;
  /** A wildcard stands for one or more labels, as the Gateway API has it; else for exactly one. */
  readonly wildcardManyLabels: boolean;
  readonly path: PathMatch;
  readonly method?: string;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  /** Takes what nothing else takes: an Ingress' `defaultBackend`. */
  readonly fallback?: boolean;
  readonly redirect?: Redirect;
  readonly rewrite?: Rewrite;
  readonly requestHeaders?: HeaderChanges;
  readonly responseHeaders?: HeaderChanges;
  /** Milliseconds for the whole request; 0 or missing: none. */
  readonly timeout?: number;
  /** Empty: the rule matches, and there is nothing to forward to (500, says the Gateway API). */
  readonly backends: readonly Backend[];
}

/** The object a rule comes from, and its place there. */
export interface RouteSource {
  readonly kind: "Ingress" | "HTTPRoute" | "Route" | "Service";
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339; the older object wins a tie. */
  readonly createdAt: string;
  readonly rule: number;
  readonly match: number;
}

export interface PathMatch {
  readonly type: "Exact" | "Prefix" | "RegularExpression";
  /** Canonical, for Exact and Prefix. */
  readonly value: string;
}

export interface ValueMatch {
  /** Header names are lower-case. */
  readonly name: string;
  readonly type: "Exact" | "RegularExpression";
  readonly value: string;
}

export interface PathChange {
  readonly type: "ReplaceFullPath" | "ReplacePrefixMatch";
  readonly value: string;
}

export interface Redirect {
  readonly scheme?: string;
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: PathChange;
  readonly status: number;
}

export interface Rewrite {
  readonly hostname?: string;
  readonly path?: PathChange;
}

export interface HeaderChanges {
  readonly set: readonly { name: string; value: string }[];
  readonly add: readonly { name: string; value: string }[];
  readonly remove: readonly string[];
}

/** A Service and one of its ports. */
export interface Backend {
  readonly namespace: string;
  readonly service: string;
  /** By the Service's port number or name, by its target port (OpenShift), or the only one it has. */
  readonly port: { number: number } | { name: string } | { target: number | string } | "only";
  readonly weight: number;
}
