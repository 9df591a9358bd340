import type { ServiceDirectory } from "./ServiceDirectory.ts";

/** Ports that a URL without one means. */
const defaultPorts: Record<string, number> = {
  http: 80,
  ws: 80,
  https: 443,
  wss: 443,
  redis: 6379,
  rediss: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  amqp: 5672,
  amqps: 5671,
  mongodb: 27017,
  nats: 4222,
};

export interface Substitution {
  readonly namespace: string;
  readonly services: ServiceDirectory;
  /** Ports of the pod's own containers -> loopback port: what `localhost:PORT` means inside a pod. */
  readonly ownPorts: ReadonlyMap<number, number>;
}

const loopback = "127.0.0.1";
// A host and port, not inside a longer word, path (`images/data:8080`) or userinfo (`data:8080@host`).
const hostAndPort =
  /(?<![\w.%-]|[^/]\/|^\/)(\[::1?\]|\*|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?):(\d{1,5})(?![\w@.]|:\/\/|-\w)/g;
const urlWithoutPort =
  /(?<![\w+.-])([a-z][a-z0-9+.-]*):\/\/((?:[^\s/?#@"'<>]*@)?)([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?)(?=[/?#\s"'<>,;)\]}]|$)/g;
const ownHosts = new Set(["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]", "*"]);

/**
 * Replaces what leads to a Service, or to a port of the own pod, by the address of this machine: `http://data:8080/x`, `data:8080`,
 * `redis://:pw@broker.ns.svc:6379/0`, `10.96.0.7:80`, `http://data/` (the scheme's port). Only a host that is a service *and* a port
 * that this service has are replaced, so that ordinary text stays as it is. Loopback names stay what they were: `0.0.0.0:8080` becomes
 * `0.0.0.0:41873`.
 */
export function substituteServices(text: string, substitution: Substitution): string {
  if (!/[a-z0-9\]*]/i.test(text) || !text.includes(":")) return text;
  const replaced = text.replace(hostAndPort, (whole, host: string, digits: string) => {
    const port = Number(digits);
    if (ownHosts.has(host.toLowerCase())) {
      const own = substitution.ownPorts.get(port);
      return own === undefined ? whole : `${host}:${own}`;
    }
    const service = substitution.services.find(host, substitution.namespace);
    if (service === undefined) return whole;
    if (service.externalName !== undefined) return `${service.externalName}:${digits}`;
    const local = service.ports.get(port);
    return local === undefined ? whole : `${loopback}:${local}`;
  });
  return replaced.replace(urlWithoutPort, (whole, scheme: string, user: string, host: string) => {
    const service = substitution.services.find(host, substitution.namespace);
    if (service === undefined) return whole;
    if (service.externalName !== undefined) return `${scheme}://${user}${service.externalName}`;
    const plain = scheme.slice(scheme.lastIndexOf("+") + 1);
    const port = defaultPorts[plain] ?? defaultPorts[scheme.split("+")[0] ?? ""];
    const local = port === undefined ? undefined : service.ports.get(port);
    return local === undefined ? whole : `${scheme}://${user}${loopback}:${local}`;
  });
}
