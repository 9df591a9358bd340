import type { KubeObject } from "../../../contract/index.ts";
import { at, list, text } from "../printers/Printer.ts";

/** Where a kind keeps its pods' spec. */
const places: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  "Deployment.apps": ["spec", "template", "spec"],
  "ReplicaSet.apps": ["spec", "template", "spec"],
  "StatefulSet.apps": ["spec", "template", "spec"],
  "DaemonSet.apps": ["spec", "template", "spec"],
  "Job.batch": ["spec", "template", "spec"],
  "CronJob.batch": ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** What is accepted and yet hardly meant, in a pod or a template of pods. Source: kubernetes/pkg/api/pod/warnings.go. */
export function podWarnings(
  { group, kind }: { readonly group: string; readonly kind: string },
  object: KubeObject,
): string[] {
  const place = places[group === "" ? kind : `${kind}.${group}`];
  const spec = place && at(object, ...place);
  if (place === undefined || spec === undefined) return [];
  const path = place.join(".");
  const found: string[] = [];
  list(spec, "topologySpreadConstraints").forEach((constraint, i) => {
    if (constraint["labelSelector"] === undefined)
      found.push(
        `${path}.topologySpreadConstraints[${i}].labelSelector: a null labelSelector results in matching no pod`,
      );
  });
  const ports = new Map<string, string>();
  for (const field of ["initContainers", "containers"])
    list(spec, field).forEach((container, i) => {
      const within = `${path}.${field}[${i}]`;
      found.push(...hiddenVariables(container, within), ...doubledPorts(container, within, ports));
    });
  return found;
}

function hiddenVariables(container: unknown, path: string): string[] {
  const seen = new Set<string>();
  return list(container, "env").flatMap((variable, i) => {
    const name = text(variable, "name");
    const value = text(variable, "value");
    // A value that is made of the one before hides nothing.
    const hides = seen.has(name) && !value.includes(`$(${name})`);
    seen.add(name);
    return hides
      ? [
          `${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ]
      : [];
  });
}

/** Containers of a pod share its address, so that a port counts for all of them. */
function doubledPorts(container: unknown, path: string, seen: Map<string, string>): string[] {
  return list(container, "ports").flatMap((port, i) => {
    const place = `${path}.ports[${i}]`;
    const key = JSON.stringify([
      text(port, "protocol") || "TCP",
      at(port, "containerPort"),
      text(port, "hostIP"),
      at(port, "hostPort"),
    ]);
    const found: string[] = [];
    const first = seen.get(key);
    if (first === undefined) seen.set(key, place);
    else found.push(`${place}: duplicate port definition with ${first}`);
    const name = text(port, "name");
    const named = seen.get(name);
    if (name !== "" && named === undefined) seen.set(name, place);
    else if (named !== undefined && !named.startsWith(`${path}.`))
      found.push(
        `${place}: duplicate port name ${JSON.stringify(name)} with ${named}, services and probes that select ports by name will use ${named}`,
      );
    return found;
  });
}
