import { rightId, type Right } from "../../src/rehearse/rights/Right.ts";

/** Which rights deployers were granted, and which of them some request needed. */
export class RightsLedger {
  readonly #granted = new Set<string>();
  readonly #used = new Set<string>();

  grant(rights: Iterable<Right>): void {
    for (const right of rights) this.#granted.add(rightId(right));
  }

  use(rights: Iterable<Right>): void {
    for (const right of rights) this.#used.add(rightId(right));
  }

  get granted(): readonly string[] {
    return [...this.#granted].toSorted();
  }

  get unused(): readonly string[] {
    return this.granted.filter((id) => !this.#used.has(id));
  }
}
