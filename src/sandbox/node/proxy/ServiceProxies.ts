import { createServer, type Server, type Socket } from "node:net";
import { devAnnotations } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import { isNotFound } from "../../../kube/KubeError.ts";
import type { Clock } from "../../Clock.ts";
import { dnsNameOf, type ServiceAddress, type ServiceDirectory } from "../references/ServiceDirectory.ts";
import type { PortBook } from "../references/PortBook.ts";
import { forwardConnection } from "./forwardConnection.ts";
import type { Service } from "./Service.ts";
import { targetsOf, type PodPorts, type Slice, type Target } from "./targets.ts";

interface Entry {
  service: Service;
  address: ServiceAddress;
  /** Service port -> its listening server. */
  readonly servers: Map<number, Server>;
  readonly connections: Set<Socket>;
  turn: number;
}

const keyOf = ({ metadata }: { metadata: { namespace?: string; name?: string } }): string =>
  `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
const bookKey = (service: string, port: number): string => `service/${service}/${port}`;

export interface ServiceProxiesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly book: PortBook;
  readonly pods: PodPorts;
  readonly log: (text: string) => void;
  /**
   * What the Service `default/kubernetes` leads to. Without it, its endpoints, which a real API server on a loopback address can't have.
   */
  readonly apiServer?: Target;
}

const apiService = "default/kubernetes";

/**
 * kube-proxy's stand-in: each TCP port of each Service is a loopback port of its own, kept over restarts, from which connections are
 * forwarded to the ready pods. Also the directory by which references are substituted.
 */
export class ServiceProxies implements ServiceDirectory {
  readonly #options: ServiceProxiesOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byIP = new Map<string, Entry>();
  /** Service -> slice name -> slice. */
  readonly #slices = new Map<string, Map<string, Slice>>();
  /** One change of a service after the other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #changed = new Set<() => void>();
  #closed = false;

  constructor(options: ServiceProxiesOptions) {
    this.#options = options;
  }

  find(host: string, namespace: string): ServiceAddress | undefined {
    const byIP = this.#byIP.get(host);
    if (byIP !== undefined) return byIP.address;
    for (const name of dnsNameOf(host, namespace)) {
      const entry = this.#entries.get(`${name.namespace}/${name.service}`);
      if (entry === undefined) continue;
      if (name.pod === undefined) return entry.address;
      const ports = this.#options.pods.ofHost(name.namespace, name.service, name.pod);
      if (ports !== undefined) return { ...entry.address, ports };
      if (name.explicit) return entry.address;
    }
    return undefined;
  }

  /** All services of a namespace, for the variables that Kubernetes gives to containers. */
  inNamespace(namespace: string): ServiceAddress[] {
    return [...this.#entries.values()]
      .map(({ address }) => address)
      .filter((address) => address.namespace === namespace);
  }

  /** The API server's own, which every container is told of. */
  apiServer(): ServiceAddress | undefined {
    return this.#entries.get(apiService)?.address;
  }

  /** Takes a Service in: resolves when its ports are assigned and listened on. */
  assign(service: Service): Promise<void> {
    return this.#inTurn(keyOf(service), () => this.#assign(service));
  }

  /** The Service is gone: nothing new is accepted, what is under way goes on. */
  remove(service: Service): Promise<void> {
    return this.#inTurn(keyOf(service), async () => {
      const key = keyOf(service);
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.service.metadata.uid !== service.metadata.uid) return;
      this.#entries.delete(key);
      for (const ip of entry.address.clusterIPs) this.#byIP.delete(ip);
      for (const port of entry.servers.keys()) this.#closePort(key, entry, port);
    });
  }

  /** Makes sure that every Service that is in the namespace now is assigned, whether the watch told of it yet or not. */
  async known(namespace: string): Promise<void> {
    const list = await this.#options.client.list<Service>(
      { apiVersion: "v1", kind: "Service" },
      { namespace },
    );
    await Promise.all(list.items.map((item) => this.assign({ ...item, apiVersion: "v1", kind: "Service" })));
  }

  setSlice(slice: Slice): void {
    const service = sliceService(slice);
    if (service === undefined) return;
    const slices = this.#slices.get(service) ?? new Map<string, Slice>();
    slices.set(slice.metadata.name ?? "", slice);
    this.#slices.set(service, slices);
    this.wake();
  }

  removeSlice(slice: Slice): void {
    const service = sliceService(slice);
    if (service !== undefined) this.#slices.get(service)?.delete(slice.metadata.name ?? "");
  }

  /** Connections that wait for a target look again. */
  wake(): void {
    for (const look of this.#changed) look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.wake();
    for (const [key, entry] of this.#entries) {
      for (const port of entry.servers.keys()) this.#closePort(key, entry, port, false);
      for (const socket of entry.connections) socket.destroy();
    }
    this.#entries.clear();
  }

  async #inTurn(key: string, step: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(step);
    const quiet = turn
      .catch((error: unknown) => this.#options.log(`service ${key}: ${String(error)}`))
      .then(() => {
        if (this.#turns.get(key) === quiet) this.#turns.delete(key);
      });
    this.#turns.set(key, quiet);
    await quiet;
  }

  async #assign(service: Service): Promise<void> {
    if (this.#closed) return;
    const key = keyOf(service);
    const known = this.#entries.get(key);
    const version = (of: Service): number => Number(of.metadata.resourceVersion ?? 0);
    if (known !== undefined && version(known.service) > version(service)) return;
    const wanted =
      service.spec.type === "ExternalName"
        ? []
        : (service.spec.ports ?? []).filter(({ protocol = "TCP" }) => protocol === "TCP");
    const entry: Entry = known ?? {
      service,
      address: emptyAddress(service),
      servers: new Map(),
      connections: new Set(),
      turn: 0,
    };
    const ports = new Map<number, number>();
    for (const { port } of wanted) ports.set(port, await this.#listen(key, entry, port));
    for (const port of entry.servers.keys()) if (!ports.has(port)) this.#closePort(key, entry, port);
    entry.service = service;
    const clusterIPs = (service.spec.clusterIPs ?? [service.spec.clusterIP ?? ""]).filter(
      (ip) => ip !== "" && ip !== "None",
    );
    const headless = service.spec.clusterIP === "None";
    const targets = new Map<number, number>();
    for (const { port, targetPort } of wanted)
      if (headless && typeof targetPort === "number" && !ports.has(targetPort))
        targets.set(targetPort, ports.get(port) ?? 0);
    entry.address = {
      ...emptyAddress(service),
      clusterIPs,
      ports: new Map([...ports, ...targets]),
      portNames: new Map(
        wanted.flatMap(({ name, port }): [string, number][] => (name === undefined ? [] : [[name, port]])),
      ),
    };
    this.#entries.set(key, entry);
    for (const ip of clusterIPs) this.#byIP.set(ip, entry);
    await this.#annotate(service, ports);
  }

  async #listen(key: string, entry: Entry, port: number): Promise<number> {
    const { book } = this.#options;
    const local = await book.reserve(bookKey(key, port), { kept: true });
    if (entry.servers.has(port)) return local;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      entry.connections.add(socket);
      socket.once("close", () => entry.connections.delete(socket));
      void forwardConnection(socket, {
        clock: this.#options.clock,
        targets: () => {
          if (this.#closed) return [];
          const { apiServer } = this.#options;
          if (apiServer !== undefined && key === apiService) return [apiServer];
          const targets = targetsOf(
            entry.service,
            port,
            [...(this.#slices.get(key)?.values() ?? [])],
            this.#options.pods,
          );
          const from = entry.turn++ % Math.max(1, targets.length);
          return [...targets.slice(from), ...targets.slice(0, from)];
        },
        changed: (signal) =>
          new Promise((resolve) => {
            const done = (): void => {
              this.#changed.delete(done);
              resolve();
            };
            this.#changed.add(done);
            signal.addEventListener("abort", done, { once: true });
          }),
      });
    });
    entry.servers.set(port, server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: local, host: "127.0.0.1" }, resolve);
    }).catch((error: unknown) => {
      entry.servers.delete(port);
      book.release(bookKey(key, port), { forget: true });
      throw error;
    });
    return local;
  }

  #closePort(key: string, entry: Entry, port: number, forget = true): void {
    entry.servers.get(port)?.close();
    entry.servers.delete(port);
    this.#options.book.release(bookKey(key, port), { forget });
  }

  async #annotate(service: Service, ports: ReadonlyMap<number, number>): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(ports));
    if (
      service.spec.type === "ExternalName" ||
      service.metadata.annotations?.[devAnnotations.servicePorts] === text
    )
      return;
    const { name = "", namespace, uid } = service.metadata;
    try {
      await this.#options.client.patch({ apiVersion: "v1", kind: "Service", name, namespace }, "merge", {
        metadata: { uid, annotations: { [devAnnotations.servicePorts]: text } },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const emptyAddress = (service: Service): ServiceAddress => ({
  namespace: service.metadata.namespace ?? "",
  name: service.metadata.name ?? "",
  clusterIPs: [],
  ports: new Map(),
  ...(service.spec.type === "ExternalName" && service.spec.externalName !== undefined
    ? { externalName: service.spec.externalName }
    : {}),
});

function sliceService(slice: Slice): string | undefined {
  const name = slice.metadata.labels?.["kubernetes.io/service-name"];
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ""}/${name}`;
}
