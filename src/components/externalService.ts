import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { isIP } from "node:net";
import type { KubeObject, Problem } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { everyKind, text } from "./fields.ts";
import { finding, nameProblems } from "./finding.ts";
import { finished } from "./finished.ts";
import { portsField, portsOf, servicePorts } from "./pod/ports.ts";
import { addressOf } from "./service.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    host: text().optional().meta({ description: "A name elsewhere: archive.example.org." }),
    addresses: z.array(text()).min(1).optional().meta({ description: "IP addresses." }),
    service: text().optional().meta({ description: "A Service of another namespace." }),
    namespace: text().optional(),
    ports: portsField().default(80),
    scheme: z
      .string()
      .regex(/^[a-z][-a-z0-9+.]*$/u)
      .default("http")
      .meta({ description: "Of its url." }),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const externalServiceKind = defineKind({
  kind: "externalService",
  description: "A Service for what runs elsewhere, so that programs know it by a name of this namespace.",
  schema,
  outputs: ["url", "host", "port"],
  resolve: (output, component) =>
    addressOf(component, portsOf(component.spec.ports), output, component.spec.scheme),
  check: (component, context) => [...nameProblems(component, "Service"), ...checkTarget(component, context)],
  render: (component, context) => finished(renderExternal(component, context), context),
});

function renderExternal(component: PlacedComponent<Spec>, context: RenderContext): KubeObject[] {
  const { spec } = component;
  const metadata = context.metadata(component);
  const ports = portsOf(spec.ports);
  if (spec.addresses === undefined) {
    const externalName =
      spec.host ?? `${spec.service}.${spec.namespace ?? context.namespace}.svc.cluster.local`;
    // By number: there are no pods whose ports could be named.
    const numbered = ports.map(({ name, port, service, protocol }) => ({
      name,
      port: service,
      targetPort: port,
      protocol,
    }));
    return [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata,
        spec: { type: "ExternalName", externalName, ports: numbered },
      },
    ];
  }
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: servicePorts(ports) } },
    ...(["IPv4", "IPv6"] as const).flatMap((addressType) => {
      const family = addressType === "IPv4" ? 4 : 6;
      const addresses = (spec.addresses ?? [])
        .map((address) => context.text(address))
        .filter((address) => isIP(address) === family);
      if (addresses.length === 0) return [];
      const slice = context.metadata(component, { part: addressType.toLowerCase() });
      return [
        {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: {
            ...slice,
            labels: {
              ...slice.labels,
              "kubernetes.io/service-name": metadata.name,
              "endpointslice.kubernetes.io/managed-by": "moorage.dev",
            },
          },
          addressType,
          endpoints: [{ addresses, conditions: { ready: true } }],
          ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
        },
      ];
    }),
  ];
}

function checkTarget(component: PlacedComponent<Spec>, context: RenderContext): Problem[] {
  const { host, addresses, service, namespace } = component.spec;
  const given = [host, addresses, service].filter((one) => one !== undefined).length;
  if (given !== 1) {
    return [finding(component, "", `it needs exactly one of host, addresses and service, and has ${given}`)];
  }
  const problems: Problem[] = [];
  if (namespace !== undefined && service === undefined) {
    problems.push(
      finding(component, "namespace", "a namespace goes with service", { hint: "service: its name there" }),
    );
  }
  if (host !== undefined && isIP(context.text(host)) !== 0) {
    problems.push(
      finding(component, "host", "an ExternalName must be a name, not an address", {
        hint: `addresses: ["${host}"]`,
      }),
    );
  }
  for (const address of addresses ?? []) {
    const value = context.text(address);
    if (isIP(value) === 0)
      problems.push(
        finding(component, "addresses", `"${value}" is no IP address`, { hint: "host: for a name" }),
      );
  }
  return problems;
}

/** A Service for what runs elsewhere. */
export const externalService = defineComponent(externalServiceKind);
