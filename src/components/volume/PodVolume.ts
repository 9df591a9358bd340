import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import type { ComponentKind } from "../../platform/ComponentKind.ts";

/** What a program must know of a volume to mount it. Every kind of volume gives it besides being a component kind. */
export interface PodVolume {
  /** Entry of a pod's `volumes`, without its name. */
  readonly source: Record<string, unknown>;
  /** Where programs see it, unless they say otherwise. */
  readonly path: string;
  readonly readOnly: boolean;
  /** Why it can be mounted by one node, or one pod, only: its access mode. */
  readonly exclusive?: "ReadWriteOnce" | "ReadWriteOncePod";
  /** Pod Security "restricted" doesn't allow this type of volume. */
  readonly unrestricted?: string;
}

export interface VolumeKind<Spec = unknown> extends ComponentKind<Spec> {
  mount(component: PlacedComponent<Spec>, context: RenderContext): PodVolume;
}

/** The path of a volume that doesn't say. */
export const pathOf = (component: PlacedComponent<{ path?: string }>): string =>
  component.spec.path ?? `/mnt/${component.key}`;
