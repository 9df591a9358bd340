import type { Problem } from "../../contract/index.ts";
import { servicePorts } from "../pod/ports.ts";
import { finding } from "../finding.ts";
import type { ExposeKind } from "./Exposure.ts";
import { orNothing } from "./ingress.ts";

/** A second Service, of type LoadBalancer: an address of its own, on the level of TCP. */
export const loadBalancer: ExposeKind = {
  by: "loadBalancer",
  render: ({ component, spec, part, host, paths }, context) => [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        ...context.metadata(component, { part: part ?? "public" }),
        annotations: orNothing({
          // Read by external-dns, which most clusters with load balancers have; harmless elsewhere.
          ...(host !== undefined && { "external-dns.alpha.kubernetes.io/hostname": host }),
          ...spec.annotations,
        }),
      },
      spec: {
        type: "LoadBalancer",
        loadBalancerClass: spec.className,
        selector: context.selector(component),
        ports: servicePorts([...new Map(paths.map(({ target }) => [target.name, target])).values()]),
      },
    },
  ],
  check: ({ component, spec, paths, field }): Problem[] => [
    ...(spec.paths === undefined
      ? []
      : paths
          .filter(
            ({ path, type, rewrite, redirect }) =>
              path !== "/" || type !== "prefix" || rewrite !== undefined || redirect !== undefined,
          )
          .map(({ path }) =>
            finding(component, field, `a load balancer knows no paths (${path})`, {
              hint: 'use by: "ingress" or "httpRoute"',
            }),
          )),
    ...(spec.tls === undefined || spec.tls === false
      ? []
      : [
          finding(component, `${field}.tls`, "TLS at a load balancer is each cloud's own affair", {
            hint: 'use by: "ingress" or "httpRoute", or your cloud\'s annotations',
          }),
        ]),
  ],
};
