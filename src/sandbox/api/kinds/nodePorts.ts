import { invalid } from "../schema/FieldError.ts";
import type { WriteContext } from "./KindStrategy.ts";
import type { ServiceSpec } from "./serviceShape.ts";

/** Has node ports, unless it says that it needs none. */
export const isExternal = (spec: ServiceSpec): boolean =>
  spec.type === "NodePort" || spec.type === "LoadBalancer";

/** Without a type that needs them, node ports go, unless one was asked for; else a port keeps its own by its name. */
export function keepNodePorts(spec: ServiceSpec, was: ServiceSpec): void {
  const ports = spec.ports ?? [];
  const before = new Set(was.ports?.map(({ nodePort }) => nodePort));
  if (!isExternal(spec)) {
    if (ports.every(({ nodePort }) => !nodePort || before.has(nodePort)))
      for (const port of ports) delete port.nodePort;
    return;
  }
  const used = new Set(ports.map(({ nodePort }) => nodePort).filter((port) => port && before.has(port)));
  const byName = new Map(was.ports?.map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of ports) {
    const own = byName.get(port.name ?? "");
    if (!port.nodePort && own && !used.has(own)) port.nodePort = own;
  }
}

const givesNodePorts = (spec: ServiceSpec): boolean =>
  spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false;

function nodePortsOf({ ports = [], healthCheckNodePort }: ServiceSpec): Set<number> {
  const all = [healthCheckNodePort, ...ports.map(({ nodePort }) => nodePort)];
  return new Set(all.filter((port): port is number => port !== undefined && port !== 0));
}

/** Any that is free, or none; asked for by the Service itself later does not count as free. */
export function anyNodePort(spec: ServiceSpec, context: WriteContext): number | undefined {
  const port = context.allocateNodePort?.(undefined, nodePortsOf(spec));
  return typeof port === "number" ? port : undefined;
}

/** A new Service: ports of one number and several protocols share a node port (as `initNodePorts` of the service registry). */
export function allocateNodePorts(spec: ServiceSpec, context: WriteContext): void {
  const ports = spec.ports ?? [];
  const taken = new Set<number>();
  const byPort = new Map<number | undefined, number>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort && !givesNodePorts(spec)) continue;
    const shared = byPort.get(port.port);
    const wanted =
      port.nodePort || shared || ports.find((one) => one.port === port.port && one.nodePort)?.nodePort;
    if (wanted !== undefined && wanted === shared) port.nodePort = wanted;
    else if (wanted === undefined) {
      const any = anyNodePort(spec, context);
      if (any !== undefined) port.nodePort = any;
    } else if (takeNodePort(wanted, i, taken, context)) port.nodePort = wanted;
    if (port.nodePort) {
      taken.add(port.nodePort);
      if (shared === undefined) byPort.set(port.port, port.nodePort);
    }
  }
}

/** A changed one keeps what it had (as `updateNodePorts`). */
export function changeNodePorts(spec: ServiceSpec, was: ServiceSpec, context: WriteContext): void {
  const had = nodePortsOf(was);
  const taken = new Set<number>();
  const seen = new Set<string>();
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) {
      const id = `${port.protocol}/${port.nodePort}`;
      // A real server answers this with 500.
      if (seen.has(id))
        context.unallocated?.push(
          invalid(`spec.ports[${i}].nodePort`, port.nodePort, "provided port is already allocated"),
        );
      seen.add(id);
      if (had.has(port.nodePort) || taken.has(port.nodePort)) continue;
      if (takeNodePort(port.nodePort, i, taken, context)) taken.add(port.nodePort);
    } else if (givesNodePorts(spec)) {
      const any = anyNodePort(spec, context);
      if (any !== undefined) port.nodePort = any;
    }
  }
}

function takeNodePort(wanted: number, i: number, taken: ReadonlySet<number>, context: WriteContext): boolean {
  const port = context.allocateNodePort?.(wanted, taken) ?? wanted;
  if (typeof port === "number") return true;
  context.unallocated?.push(invalid(`spec.ports[${i}].nodePort`, wanted, port));
  return false;
}
