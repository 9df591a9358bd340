import type { Backend } from "../../routing/index.ts";
import { absenceOf, portsOf } from "./backends.ts";
import type { DoorContext } from "./DoorContext.ts";

/** Milliseconds for which a request waits for a program that never answered yet, but has pods. */
const firstPatience = 2000;

/**
 * Loopback ports to try, in turn. When none is left, and the program was there before, waits for the one that replaces it: so that no request fails while a
 * redeploy rolls.
 */
export async function* processesOf(
  backend: Backend,
  context: DoorContext,
): AsyncGenerator<number, void, undefined> {
  const { view, turns, seen, clock, patience } = context;
  const service = `${backend.namespace}/${backend.service}`;
  const enough = new AbortController();
  const allowed = seen.has(service) ? patience : Math.min(patience, firstPatience);
  const deadline = clock.now() + allowed;
  const pause = (milliseconds: number): Promise<void> =>
    clock.sleep(milliseconds, enough.signal).catch(() => undefined);
  const tired = pause(allowed);
  try {
    let refused = new Set<number>();
    while (true) {
      const ports = portsOf(backend, view).filter((port) => !refused.has(port));
      if (ports.length > 0) {
        seen.add(service);
        const turn = (turns.get(service) ?? 0) % ports.length;
        turns.set(service, turn + 1);
        refused.add(ports[turn]!);
        yield ports[turn]!;
        continue;
      }
      const absence = absenceOf(backend, view);
      const comes = seen.has(service) || (absence.state === "starting" && absence.pods > 0);
      if (!comes || clock.now() >= deadline || absence.state === "crashed") return;
      // A process that refused may be listening in a moment: nothing in the cluster changes by that.
      await view.nextChange(Promise.race([tired, pause(100)]));
      refused = new Set();
    }
  } finally {
    enough.abort();
  }
}
