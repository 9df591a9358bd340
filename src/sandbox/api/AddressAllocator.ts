import type { KubeObject } from "../../contract/index.ts";
import { at, list } from "./printers/Printer.ts";
import type { Store } from "./store/Store.ts";

const firstPort = 30_000;
const lastPort = 32_767;
/** Those before it are for who asks for one, and given to others last (KEP-3668). */
const firstAny = 30_086;

/**
 * Cluster IPs (10.96.0.0/16, virtual like all addresses here) and node ports of Services. What is taken is read from the Services
 * that there are, so nothing can leak.
 */
export class AddressAllocator {
  readonly #store: Store;
  #next = 10;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The wanted address, or any; undefined when it can't be had. */
  clusterIP(wanted: string | undefined): string | undefined {
    const taken = new Set(
      this.#services().flatMap((service) => (at(service, "spec", "clusterIPs") ?? []) as string[]),
    );
    if (wanted !== undefined)
      return /^10\.96\.\d{1,3}\.\d{1,3}$/.test(wanted) && !taken.has(wanted) ? wanted : undefined;
    for (let tries = 0; tries < 65_000; tries += 1) {
      const number = this.#next;
      this.#next = number >= 65_000 ? 10 : number + 1;
      const address = `10.96.${number >> 8}.${number & 255}`;
      if (!taken.has(address)) return address;
    }
    return undefined;
  }

  /** The wanted port, or any; what is wrong with it, in a real server's words, when it can't be had. */
  nodePort(wanted: number | undefined, besides: ReadonlySet<number>): number | string {
    if (wanted !== undefined && (wanted < firstPort || wanted > lastPort))
      return `provided port is not in the valid range. The range of valid ports is ${firstPort}-${lastPort}`;
    const taken = new Set(besides);
    for (const service of this.#services()) {
      const health = at(service, "spec", "healthCheckNodePort") as number | undefined;
      if (health !== undefined) taken.add(health);
      for (const { nodePort } of list(service, "spec", "ports")) taken.add(nodePort as number);
    }
    if (wanted !== undefined) return taken.has(wanted) ? "provided port is already allocated" : wanted;
    for (let port = firstAny; port <= lastPort; port += 1) if (!taken.has(port)) return port;
    for (let port = firstPort; port < firstAny; port += 1) if (!taken.has(port)) return port;
    return "range is full";
  }

  #services(): KubeObject[] {
    return this.#store.list("services").map(({ object }) => object);
  }
}
