import { portIsFree, type PortBook } from "./references/PortBook.ts";
import type { Container, ContainerPort, Pod } from "./Pod.ts";
import type { DevContainers } from "../../contract/index.ts";

export const allContainers = (pod: Pod): Container[] => [
  ...(pod.spec.initContainers ?? []),
  ...pod.spec.containers,
];

/** Ports over which connections go; there is no loopback stand-in for others. */
export const tcpPorts = (container: Container): ContainerPort[] =>
  (container.ports ?? []).filter(({ protocol = "TCP" }) => protocol === "TCP");

const keyOfPort = (pod: Pod, port: number): string =>
  `pod/${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}/${port}`;

/** A pod of a stateful set comes back under its name, and finds its ports again. */
export const hasStableName = (pod: Pod): boolean =>
  pod.spec.subdomain !== undefined ||
  pod.metadata.labels?.["statefulset.kubernetes.io/pod-name"] !== undefined;

/** Container port -> loopback port, for all containers of a pod. A program with `fixedPort` listens where it always does. */
export async function assignPorts(
  pod: Pod,
  dev: DevContainers,
  book: PortBook,
): Promise<Map<number, number>> {
  const wanted = allContainers(pod).flatMap((container) =>
    tcpPorts(container).map(({ containerPort }) => ({
      containerPort,
      fixed: dev[container.name]?.fixedPort === true,
    })),
  );
  const kept = hasStableName(pod);
  return new Map(
    await Promise.all(
      wanted.map(async ({ containerPort, fixed }): Promise<[number, number]> => [
        containerPort,
        fixed ? containerPort : await book.reserve(keyOfPort(pod, containerPort), { kept }),
      ]),
    ),
  );
}

export function releasePorts(pod: Pod, book: PortBook): void {
  for (const container of allContainers(pod))
    for (const { containerPort } of tcpPorts(container)) book.release(keyOfPort(pod, containerPort));
}

/** `PORT` is the container's first port, `PORT_HTTP` the one named http, both as loopback ports. */
export function portVariables(
  container: Container,
  ports: ReadonlyMap<number, number>,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { name, containerPort } of tcpPorts(container)) {
    const local = ports.get(containerPort);
    if (local === undefined) continue;
    variables["PORT"] ??= String(local);
    if (name !== undefined)
      variables[`PORT_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`] = String(local);
  }
  return variables;
}

/** The first of the container's own ports that something else listens on; a program with fixed ports has to wait for it. */
export async function takenPort(container: Container): Promise<number | undefined> {
  for (const { containerPort } of tcpPorts(container))
    if (!(await portIsFree(containerPort))) return containerPort;
  return undefined;
}

/** The loopback port behind a probe's `port`: a number, or the name of a container port. */
export function localPort(
  port: number | string,
  container: Container,
  ports: ReadonlyMap<number, number>,
): number | undefined {
  const number =
    typeof port === "number" || /^\d+$/.test(port)
      ? Number(port)
      : (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  return number === undefined ? undefined : (ports.get(number) ?? number);
}
