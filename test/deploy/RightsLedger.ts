import { rightId, type Right } from "../../src/rehearse/rights/Right.ts";

/** Every environment has a lock of its own name. */
const idOf = (right: Right): string =>
  right.resource === "leases" ? `${right.verb} the lock` : rightId(right);

/** What one needs to wait for pods, and to tell why they failed: where all is ready at once, nobody asks for it. */
export const waiting = /^watch |^(?:list|get) (?:events|pods|pods\/log|apps\/replicasets|batch\/jobs)$/;

/** Which rights the deployers of a test file were granted, and which of them some request needed. What `moorage rbac` prints must be needed, all of it. */
export class RightsLedger {
  readonly #granted = new Set<string>();
  readonly #used = new Set<string>();

  grant(rights: Iterable<Right>): void {
    for (const right of rights) this.#granted.add(idOf(right));
  }

  use(rights: Iterable<Right>): void {
    for (const right of rights) this.#used.add(idOf(right));
  }

  /** Those that no request of this file needed, but for those that others do. */
  unused(elsewhere: RegExp = /^$/): string[] {
    if (this.#granted.size === 0) throw new Error("nothing was granted");
    return [...this.#granted].filter((id) => !this.#used.has(id) && !elsewhere.test(id)).toSorted();
  }
}
