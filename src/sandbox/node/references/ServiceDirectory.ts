/** What substitution needs to know of one Service. */
export interface ServiceAddress {
  readonly namespace: string;
  readonly name: string;
  /** Without `None`. */
  readonly clusterIPs: readonly string[];
  /** Of an ExternalName service: where its name leads. */
  readonly externalName?: string;
  /** Service port (and, of a headless one, target port) -> loopback port. */
  readonly ports: ReadonlyMap<number, number>;
  /** Port names, for SRV-like use; name -> service port. */
  readonly portNames?: ReadonlyMap<string, number>;
}

/** Where names and addresses of services, and of single pods behind headless ones, lead on this machine. */
export interface ServiceDirectory {
  /** By the DNS name that a pod in `namespace` would use, or by an address of the service. */
  find(host: string, namespace: string): ServiceAddress | undefined;
}

/** Takes a cluster DNS name apart: `data`, `data.ns`, `data.ns.svc`, `data.ns.svc.cluster.local`, each with one label more for a pod. */
export function dnsNameOf(
  host: string,
  namespace: string,
): { service: string; namespace: string; pod?: string; explicit: boolean }[] {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".");
  if (labels.some((label) => !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label))) return [];
  const svc = labels.indexOf("svc");
  if (svc >= 2) {
    const domain = labels.slice(svc + 1).join(".");
    if (domain !== "" && domain !== "cluster.local") return [];
    const [last = "", ...before] = labels.slice(0, svc).toReversed();
    const service = before[0] ?? "";
    if (before.length > 2) return [];
    return [
      { service, namespace: last, explicit: true, ...(before[1] === undefined ? {} : { pod: before[1] }) },
    ];
  }
  const [first = "", second, third] = labels;
  if (labels.length === 1) return [{ service: first, namespace, explicit: false }];
  if (labels.length === 2 && second !== undefined) {
    return [
      { service: first, namespace: second, explicit: false },
      { service: second, namespace, pod: first, explicit: false },
    ];
  }
  if (labels.length === 3 && second !== undefined && third !== undefined) {
    return [{ service: second, namespace: third, pod: first, explicit: false }];
  }
  return [];
}
