import type { Problem } from "../../contract/index.ts";
import { finding } from "../finding.ts";
import type { ExposeKind } from "./Exposure.ts";
import { orNothing } from "./ingress.ts";

/** route.openshift.io/v1 Route: one host and one path prefix each, so that several paths make several Routes. */
export const route: ExposeKind = {
  by: "route",
  render: ({ component, spec, part, host, paths }, context) =>
    paths.map((path, index) => ({
      apiVersion: "route.openshift.io/v1",
      kind: "Route",
      metadata: {
        ...context.metadata(component, { part: partOf(part, index) }),
        annotations: orNothing({
          ...(typeof spec.tls === "object" && spec.tls.issuer !== undefined && issuer(spec.tls.issuer)),
          ...(path.rewrite !== undefined && { "haproxy.router.openshift.io/rewrite-target": path.rewrite }),
          ...spec.annotations,
        }),
      },
      spec: {
        host,
        // A Route for everything has no path; "/" would mean the same.
        path: path.path === "/" && path.rewrite === undefined ? undefined : path.path,
        to: { kind: "Service", name: context.metadata(component).name, weight: 100 },
        port: { targetPort: path.target.name },
        tls: spec.tls === false ? undefined : termination(spec.tls),
        wildcardPolicy: "None",
      },
    })),
  check: ({ component, spec, paths, field }, context): Problem[] => [
    ...(context.flavor === "openshift" || context.sandbox
      ? []
      : [
          finding(component, `${field}.by`, "only OpenShift has Routes", {
            hint: 'by: "ingress" or "httpRoute", or flavor: "openshift"',
          }),
        ]),
    ...paths.flatMap(({ path, type, redirect }) => [
      ...(type === "prefix"
        ? []
        : [
            finding(component, field, `a Route matches prefixes only, and ${path} is ${type}`, {
              hint: 'use type: "prefix", or by: "httpRoute"',
            }),
          ]),
      ...(redirect === undefined
        ? []
        : [
            finding(component, field, `a Route cannot redirect (path ${path})`, {
              hint: 'use by: "httpRoute", or let the program redirect',
            }),
          ]),
    ]),
    ...(spec.className === undefined
      ? []
      : [
          finding(component, `${field}.className`, "a Route has no class", {
            hint: "routers choose Routes by labels: add them by override",
          }),
        ]),
  ],
};

const issuer = (name: string): Record<string, string> => ({
  "cert-manager.io/issuer-kind": "ClusterIssuer",
  "cert-manager.io/issuer-name": name,
});

/** TLS ends at the router, and plain HTTP is sent to HTTPS, unless the user turns it off. */
function termination(tls: true | { secret?: string } | undefined): object {
  const secret = typeof tls === "object" ? tls.secret : undefined;
  return {
    termination: "edge",
    insecureEdgeTerminationPolicy: "Redirect",
    externalCertificate: secret === undefined ? undefined : { name: secret },
  };
}

const partOf = (part: string | undefined, index: number): string | undefined => {
  if (index === 0) return part;
  return part === undefined ? String(index + 1) : `${part}-${index + 1}`;
};
