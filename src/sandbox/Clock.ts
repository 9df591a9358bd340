export { systemClock, type Clock } from "../kube/Clock.ts";

/** A number in [0, 1). Never used for secrets. */
export type Random = () => number;

/** RFC 3339 with seconds, as Kubernetes writes `metav1.Time`. */
export const timeOf = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** RFC 3339 with six decimals, as Kubernetes writes `metav1.MicroTime` (Leases, events). */
export const microTimeOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace("Z", "000Z");
