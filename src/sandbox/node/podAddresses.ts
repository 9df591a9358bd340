/** Addresses of pods: virtual, from 10.244.0.0/16. They tell pods apart; nothing listens on them. */
export class PodAddresses {
  readonly #taken = new Set<string>();
  #next = 1;

  /** The address that a pod had before, or a free one. */
  take(wanted: string | undefined): string {
    if (wanted !== undefined && wanted.startsWith("10.244.") && !this.#taken.has(wanted)) {
      this.#taken.add(wanted);
      return wanted;
    }
    for (let step = 0; step < 65_534; step++) {
      this.#next = (this.#next % 65_534) + 1;
      const address = `10.244.${this.#next >> 8}.${this.#next & 255}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    // More pods than addresses: what is virtual may be shared.
    return "10.244.255.255";
  }

  release(address: string): void {
    this.#taken.delete(address);
  }
}
