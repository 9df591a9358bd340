import type { KubeObject, Problem } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { finding } from "../finding.ts";
import type { NamedPort } from "../pod/ports.ts";
import type { ExposeField, ExposeSpec } from "./exposeFields.ts";
import type { ExposeKind, Exposure } from "./Exposure.ts";
import { httpRoute } from "./httpRoute.ts";
import { ingress } from "./ingress.ts";
import { loadBalancer } from "./loadBalancer.ts";
import { route } from "./route.ts";

/** Every way of exposing. */
const exposeKinds: readonly ExposeKind[] = [ingress, httpRoute, route, loadBalancer];

type Exposed = PlacedComponent<{ expose?: ExposeField }>;

export function renderExpose(
  component: Exposed,
  ports: readonly NamedPort[],
  context: RenderContext,
): KubeObject[] {
  return exposuresOf(component, ports, context).flatMap((exposure) =>
    kindOf(exposure.spec, context).render(exposure, context),
  );
}

export function checkExpose(
  component: Exposed,
  ports: readonly NamedPort[],
  context: RenderContext,
): Problem[] {
  const entries = entriesOf(component);
  const unknown = entries.flatMap((spec, index) =>
    checkTargets(component, spec, fieldOf(entries, index), ports),
  );
  if (unknown.length > 0) return unknown;
  return exposuresOf(component, ports, context).flatMap((exposure) => [
    ...kindOf(exposure.spec, context).check(exposure, context),
    ...checkPublic(exposure, context),
    ...checkHost(exposure, context),
  ]);
}

const entriesOf = (component: Exposed): readonly ExposeSpec[] => {
  const { expose } = component.spec;
  if (expose === undefined) return [];
  return Array.isArray(expose) ? expose : [expose];
};

const fieldOf = (entries: readonly unknown[], index: number): string =>
  entries.length > 1 ? `expose[${index}]` : "expose";

/** OpenShift has a router of its own; elsewhere an Ingress is what most clusters have. */
const byOf = (spec: ExposeSpec, context: RenderContext): ExposeKind["by"] =>
  spec.by ?? (context.flavor === "openshift" ? "route" : "ingress");

function kindOf(spec: ExposeSpec, context: RenderContext): ExposeKind {
  const by = byOf(spec, context);
  const kind = exposeKinds.find((one) => one.by === by);
  if (!kind) throw new TypeError(`no way of exposing is named ${by}`);
  return kind;
}

function exposuresOf(component: Exposed, ports: readonly NamedPort[], context: RenderContext): Exposure[] {
  const entries = entriesOf(component);
  const portOf = (name: string | undefined): NamedPort[] => {
    const port = name === undefined ? ports[0] : ports.find((one) => one.name === name);
    return port ? [port] : [];
  };
  return entries.map((spec, index) => ({
    component,
    spec,
    part: index === 0 ? undefined : `${byOf(spec, context).toLowerCase()}-${index + 1}`,
    host: spec.host ?? (context.sandbox ? `${component.key}.${context.platform}.localhost` : undefined),
    field: fieldOf(entries, index),
    paths: (spec.paths ?? ["/"]).flatMap((entry) => {
      const path = typeof entry === "string" ? { path: entry, type: "prefix" as const } : entry;
      return portOf(path.port ?? spec.port).map((target) => ({ ...path, target }));
    }),
  }));
}

function checkTargets(
  component: PlacedComponent,
  spec: ExposeSpec,
  field: string,
  ports: readonly NamedPort[],
): Problem[] {
  const names = ports.map(({ name }) => name);
  const asked = [
    spec.port,
    ...(spec.paths ?? []).map((path) => (typeof path === "string" ? undefined : path.port)),
  ];
  return asked.flatMap((name) =>
    name === undefined || names.includes(name)
      ? []
      : [
          finding(component, `${field}.port`, `it has no port "${name}"`, {
            hint: `its ports are ${names.join(", ")}`,
          }),
        ],
  );
}

function checkPublic({ component, spec, field }: Exposure, context: RenderContext): Problem[] {
  if (spec.public === true || context.sandbox) return [];
  return [
    finding(component, field, "it would be open to everybody who reaches the address, without sign-in", {
      hint: "say so with public: true, or remove expose",
    }),
  ];
}

function checkHost({ component, spec, host, field }: Exposure, context: RenderContext): Problem[] {
  const by = byOf(spec, context);
  if (host === undefined) {
    if (by === "route" || by === "loadBalancer") return [];
    return [
      finding(
        component,
        `${field}.host`,
        `an ${by === "ingress" ? "Ingress" : "HTTPRoute"} without a host would take every host's requests`,
        { hint: 'give it: host: "NAME.example.org"' },
      ),
    ];
  }
  const resolved = context.text(host);
  if (
    /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u.test(resolved) &&
    resolved.length <= 253
  )
    return [];
  return [
    finding(component, `${field}.host`, `"${resolved}" is no host name`, {
      hint: "a name without scheme, port or path: curator.example.org",
    }),
  ];
}
