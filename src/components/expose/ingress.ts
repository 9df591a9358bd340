import type { Problem } from "../../contract/index.ts";
import { finding } from "../finding.ts";
import type { ExposeKind } from "./Exposure.ts";

/** networking.k8s.io/v1 Ingress: hosts, prefixes and exact paths; nothing that every controller does its own way. */
export const ingress: ExposeKind = {
  by: "ingress",
  render: ({ component, spec, part, host, paths }, context) => {
    const metadata = context.metadata(component, { part });
    const tls = typeof spec.tls === "object" ? spec.tls : {};
    return [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          ...metadata,
          annotations: orNothing({
            ...(tls.issuer !== undefined && { "cert-manager.io/cluster-issuer": tls.issuer }),
            ...spec.annotations,
          }),
        },
        spec: {
          ingressClassName: spec.className,
          rules: [
            {
              host,
              http: {
                paths: paths.map(({ path, type, target }) => ({
                  path,
                  pathType: type === "exact" ? "Exact" : "Prefix",
                  backend: {
                    service: { name: context.metadata(component).name, port: { name: target.name } },
                  },
                })),
              },
            },
          ],
          tls: spec.tls
            ? [
                {
                  hosts: host === undefined ? undefined : [host],
                  secretName: tls.secret ?? `${metadata.name}-tls`,
                },
              ]
            : undefined,
        },
      },
    ];
  },
  check: (exposure): Problem[] =>
    exposure.paths.flatMap((path) => {
      const cannot = (what: Beyond): Problem =>
        finding(exposure.component, exposure.field, `a plain Ingress cannot ${what} (path ${path.path})`, {
          hint: alternative[what],
        });
      return [
        ...(path.rewrite === undefined ? [] : [cannot("rewrite")]),
        ...(path.redirect === undefined ? [] : [cannot("redirect")]),
        ...(path.type === "regex" ? [cannot("match a regular expression")] : []),
      ];
    }),
};

type Beyond = "rewrite" | "redirect" | "match a regular expression";

const alternative: Record<Beyond, string> = {
  rewrite: 'use by: "httpRoute" (Gateway API), or by: "route" on OpenShift; or serve under that path',
  redirect: 'use by: "httpRoute" (Gateway API)',
  "match a regular expression":
    'use a prefix, or by: "httpRoute" with a gateway that knows regular expressions',
};

export const orNothing = <T extends object>(value: T): T | undefined =>
  Object.keys(value).length > 0 ? value : undefined;
