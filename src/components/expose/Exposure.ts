import type { KubeObject, Problem } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import type { NamedPort } from "../pod/ports.ts";
import type { ExposeSpec, PathSpec } from "./exposeFields.ts";

/** One entry of `expose`, with its defaults filled in. */
export interface Exposure {
  readonly component: PlacedComponent;
  readonly spec: ExposeSpec;
  /** Of its object; several exposures of one component are numbered. */
  readonly part: string | undefined;
  readonly host: string | undefined;
  readonly paths: readonly (PathSpec & { readonly target: NamedPort })[];
  /** Field of the component, for findings: `expose` or `expose[1]`. */
  readonly field: string;
}

/** One way of exposing. What it can't do is refused by `check`, with the way that can. */
export interface ExposeKind {
  readonly by: NonNullable<ExposeSpec["by"]>;
  render(exposure: Exposure, context: RenderContext): KubeObject[];
  check(exposure: Exposure, context: RenderContext): Problem[];
}
