import type { Backend } from "./RouteTable.ts";

/** One of the backends, as often as its weight says. `random` gives numbers in [0, 1). `undefined` when no backend has weight. */
export function chooseBackend(backends: readonly Backend[], random: () => number): Backend | undefined {
  const total = backends.reduce((sum, backend) => sum + backend.weight, 0);
  if (total <= 0) return undefined;
  let point = random() * total;
  for (const backend of backends) {
    point -= backend.weight;
    if (point < 0) return backend;
  }
  return backends.findLast((backend) => backend.weight > 0);
}
