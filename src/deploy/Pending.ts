import type { RenderedComponent } from "../platform/Rendering.ts";
import type { DeployEvent } from "./DeployEvent.ts";
import type { Plan } from "./plan/Plan.ts";

/** Which components have something to be written and have not begun, with those that have to be ready before. */
export class Pending {
  readonly #after = new Map<string, Set<string>>();
  readonly #onEvent: (event: DeployEvent) => void;

  constructor(components: readonly RenderedComponent[], plan: Plan, onEvent: (event: DeployEvent) => void) {
    this.#onEvent = onEvent;
    const changed = new Set(
      plan.objects.flatMap(({ action, component }) =>
        component === undefined || action === "none" || action === "delete" ? [] : [component],
      ),
    );
    // With `only`, the others are not looked at.
    const planned = new Set(plan.objects.map(({ component }) => component));
    for (const { key, after } of components) {
      const before = after.filter((one) => planned.has(one));
      if (changed.has(key) && before.length > 0) this.#after.set(key, new Set(before));
    }
  }

  announce(): void {
    for (const component of this.#after.keys()) this.#tell(component);
  }

  isBegun(component: string): void {
    this.#after.delete(component);
  }

  isReady(component: string): void {
    for (const [waiting, after] of this.#after) {
      if (!after.delete(component)) continue;
      if (after.size > 0) this.#tell(waiting);
    }
  }

  #tell(component: string): void {
    const after = [...(this.#after.get(component) ?? [])];
    this.#onEvent({ type: "component-pending", component, after });
  }
}
