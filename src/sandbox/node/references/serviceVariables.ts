import type { ServiceAddress } from "./ServiceDirectory.ts";

/** `DATA_SERVICE_HOST` and `DATA_SERVICE_PORT`, as Kubernetes gives them to every container (k8s.io/kubernetes/pkg/kubelet/envvars). */
export function serviceVariables(services: readonly ServiceAddress[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { name, clusterIPs, ports, portNames } of services) {
    if (clusterIPs.length === 0) continue;
    const prefix = name.toUpperCase().replaceAll("-", "_");
    const [first] = ports.values();
    if (first === undefined) continue;
    variables[`${prefix}_SERVICE_HOST`] = "127.0.0.1";
    variables[`${prefix}_SERVICE_PORT`] = String(first);
    for (const [portName, port] of portNames ?? []) {
      const local = ports.get(port);
      if (local !== undefined)
        variables[`${prefix}_SERVICE_PORT_${portName.toUpperCase().replaceAll("-", "_")}`] = String(local);
    }
  }
  return variables;
}
