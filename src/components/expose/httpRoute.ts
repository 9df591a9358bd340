import type { Problem } from "../../contract/index.ts";
import { finding } from "../finding.ts";
import type { ExposeKind, Exposure } from "./Exposure.ts";
import { orNothing } from "./ingress.ts";

const matchTypes = { prefix: "PathPrefix", exact: "Exact", regex: "RegularExpression" } as const;

/** gateway.networking.k8s.io/v1 HTTPRoute (Gateway API, standard channel). */
export const httpRoute: ExposeKind = {
  by: "httpRoute",
  render: ({ component, spec, part, host, paths }, context) => [
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { ...context.metadata(component, { part }), annotations: orNothing({ ...spec.annotations }) },
      spec: {
        parentRefs: spec.gateway && [
          { name: spec.gateway.name, namespace: spec.gateway.namespace, sectionName: spec.gateway.section },
        ],
        hostnames: host === undefined ? undefined : [host],
        rules: paths.map((path) => ({
          matches: [{ path: { type: matchTypes[path.type], value: path.path } }],
          filters: filtersOf(path),
          // A redirect answers by itself; a backend beside it is refused.
          backendRefs: path.redirect
            ? undefined
            : [{ name: context.metadata(component).name, port: path.target.service }],
        })),
      },
    },
  ],
  check: ({ component, spec, paths, field }, context): Problem[] => [
    ...(spec.gateway === undefined && !context.sandbox
      ? [
          finding(component, `${field}.gateway`, "an HTTPRoute needs the Gateway that it attaches to", {
            hint: "gateway: { name, namespace }",
          }),
        ]
      : []),
    ...(spec.tls !== undefined && spec.tls !== false && !context.sandbox
      ? [
          finding(
            component,
            `${field}.tls`,
            "the certificate of an HTTPRoute belongs to its Gateway's listener",
            {
              hint: "remove tls here, and choose the listener by gateway.section",
            },
          ),
        ]
      : []),
    ...paths.flatMap(({ path, type, rewrite, redirect }) => [
      ...(rewrite !== undefined && type !== "prefix"
        ? [
            finding(component, field, `only a prefix can be rewritten, and ${path} is ${type}`, {
              hint: 'type: "prefix"',
            }),
          ]
        : []),
      ...(rewrite !== undefined && redirect !== undefined
        ? [finding(component, field, `${path} has both a rewrite and a redirect`, { hint: "keep one" })]
        : []),
    ]),
  ],
};

function filtersOf(path: Exposure["paths"][number]): object[] | undefined {
  if (path.rewrite !== undefined) {
    return [
      {
        type: "URLRewrite",
        urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: path.rewrite } },
      },
    ];
  }
  if (path.redirect === undefined) return undefined;
  const { host, scheme, status, path: to } = path.redirect;
  const replaced = to === undefined ? undefined : { type: "ReplaceFullPath", replaceFullPath: to };
  return [
    {
      type: "RequestRedirect",
      requestRedirect: { hostname: host, scheme, statusCode: status, path: replaced },
    },
  ];
}
