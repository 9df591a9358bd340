import type { Location } from "../../contract/index.ts";

/** One component as the platform file gives it: not checked yet. */
export interface Entry {
  readonly key: string;
  readonly kind: string;
  readonly spec: unknown;
  readonly id?: number;
  readonly where: Location;
}
