import type { KubeObject } from "../../contract/index.ts";
import { at, list } from "./printers/Printer.ts";
import type { Store } from "./store/Store.ts";

const firstPort = 30_000;
const lastPort = 32_767;

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

  nodePort(wanted: number | undefined): number | undefined {
    const taken = new Set(
      this.#services().flatMap((service) => [
        at(service, "spec", "healthCheckNodePort") as number | undefined,
        ...list(service, "spec", "ports").map(({ nodePort }) => nodePort as number | undefined),
      ]),
    );
    if (wanted !== undefined)
      return wanted >= firstPort && wanted <= lastPort && !taken.has(wanted) ? wanted : undefined;
    for (let port = firstPort; port <= lastPort; port += 1) if (!taken.has(port)) return port;
    return undefined;
  }

  #services(): KubeObject[] {
    return this.#store.list("services").map(({ object }) => object);
  }
}
