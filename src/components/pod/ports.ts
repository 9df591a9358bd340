import { z } from "zod";
import type { Problem } from "../../contract/index.ts";
import type { PlacedComponent } from "../../platform/ComponentKind.ts";
import { portName, portNumber } from "../fields.ts";
import { finding } from "../finding.ts";

/** `8080`, `{ http: 8080 }`, `{ metrics: { port: 9090, service: 80 } }`. */
export const portsField = () =>
  z
    .union(
      [
        portNumber(),
        z.record(
          portName(),
          z.union([
            portNumber(),
            z.strictObject({
              port: portNumber().meta({ description: "On which the program listens." }),
              service: portNumber().optional().meta({ description: "Port of the Service, if another." }),
              protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
              appProtocol: z.string().optional(),
            }),
          ]),
        ),
      ],
      { error: "expected a port number, or ports by name: { http: 8080 }" },
    )
    .meta({ description: "Ports by name; a number is the port `http`." });

export type PortsSpec = z.output<ReturnType<typeof portsField>>;

export interface NamedPort {
  readonly name: string;
  /** In the container. */
  readonly port: number;
  /** Of the Service. */
  readonly service: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly appProtocol?: string;
}

/** Ports in the order in which they were written; the first is the one that probes, URLs and `expose` mean. */
export function portsOf(spec: PortsSpec | undefined): NamedPort[] {
  if (spec === undefined) return [];
  if (typeof spec === "number") return [{ name: "http", port: spec, service: spec, protocol: "TCP" }];
  return Object.entries(spec).map(([name, value]) => {
    const port = typeof value === "number" ? { port: value } : value;
    return { name, service: port.port, protocol: "TCP", ...port };
  });
}

/** `protocol` is always written: it is part of the merge key of server-side apply, and old servers refuse a port without it. */
export const containerPorts = (ports: readonly NamedPort[]): object[] | undefined =>
  ports.length === 0
    ? undefined
    : ports.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol }));

export const servicePorts = (ports: readonly NamedPort[]): object[] =>
  ports.map(({ name, service, protocol, appProtocol }) => ({
    name,
    port: service,
    targetPort: name,
    protocol,
    appProtocol,
  }));

/** All containers of a pod share its ports; the Service has those of the program only. */
export function checkPorts(
  component: PlacedComponent,
  ports: readonly NamedPort[],
  sidecarPorts: readonly NamedPort[],
): Problem[] {
  const clash = (list: readonly NamedPort[], field: "port" | "service", what: string): Problem[] => {
    const seen = new Map<string, string>();
    for (const one of list) {
      const id = `${one[field]}/${one.protocol}`;
      const other = seen.get(id);
      if (other !== undefined) {
        return [
          finding(
            component,
            `ports.${one.name}`,
            `the same port of the ${what} as "${other}": ${one[field]}`,
          ),
        ];
      }
      seen.set(id, one.name);
    }
    return [];
  };
  const inPod = clash([...ports, ...sidecarPorts], "port", "pod");
  return inPod.length > 0 ? inPod : clash(ports, "service", "Service");
}
