import type { Problem } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { finding } from "../finding.ts";
import { checkFilesSize } from "./files.ts";
import { checkMounts } from "./mounts.ts";
import { checkPorts, portsOf, type NamedPort } from "./ports.ts";
import { probedPorts, type ProbesSpec } from "./probes.ts";
import type { ProgramSpec } from "./program.ts";
import { checkResources } from "./resources.ts";
import { checkSecurity } from "./security.ts";

/** Findings that are the same for everything that runs pods. */
export function checkPod(
  component: PlacedComponent<ProgramSpec & { probes?: ProbesSpec }>,
  context: RenderContext,
  ports: readonly NamedPort[] = [],
): Problem[] {
  const { spec } = component;
  const sidecarPorts = Object.values(spec.sidecars ?? {}).flatMap((sidecar) => portsOf(sidecar.ports));
  return [
    ...checkSecurity(component, context),
    ...checkPorts(component, ports, sidecarPorts),
    ...checkProbes(component, spec.probes, ports),
    ...checkResources(component, "resources", spec.resources),
    ...checkMounts(component, spec.volumes, Object.keys(spec.files ?? {}), context),
    ...checkContainerNames(component),
    ...checkFilesSize(component, spec.files, context),
  ];
}

function checkProbes(component: PlacedComponent, probes: ProbesSpec, ports: readonly NamedPort[]): Problem[] {
  const names = ports.map(({ name }) => name);
  const unknown = probedPorts(probes).filter((name) => !names.includes(name));
  const problems = unknown.map((name) =>
    finding(component, "probes", `a probe asks the port "${name}", which it hasn't`, {
      hint: names.length > 0 ? `its ports are ${names.join(", ")}` : "give it ports, or probe by exec",
    }),
  );
  const wantsPort =
    typeof probes === "string" || (typeof probes?.readiness === "string" && probes.readiness !== undefined);
  if (names.length === 0 && wantsPort) {
    problems.push(
      finding(component, "probes", "a probe by HTTP needs a port, and it has none", {
        hint: "probe by { exec: [...] }",
      }),
    );
  }
  return problems;
}

function checkContainerNames(component: PlacedComponent<ProgramSpec>): Problem[] {
  const { spec, key } = component;
  const problems: Problem[] = [];
  const taken = new Set([key]);
  for (const [field, names] of [
    ["sidecars", Object.keys(spec.sidecars ?? {})],
    ["init", Object.keys(spec.init ?? {})],
  ] as const) {
    for (const name of names) {
      if (taken.has(name))
        problems.push(finding(component, `${field}.${name}`, `another container of it is named "${name}"`));
      taken.add(name);
    }
  }
  return problems;
}
