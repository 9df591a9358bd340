import type { KubeObject, Problem } from "../contract/index.ts";
import type { SecretDeclaration } from "./ComponentKind.ts";

/** All objects of one environment: what `render` makes and `deploy` applies. */
export interface Rendering {
  readonly platform: string;
  readonly environment: string;
  /** The default namespace; objects carry theirs. */
  readonly namespace: string;
  readonly objects: readonly RenderedObject[];
  readonly components: readonly RenderedComponent[];
  readonly secrets: readonly SecretDeclaration[];
  /** Warnings; errors are thrown. */
  readonly problems: readonly Problem[];
}

export interface RenderedObject {
  readonly object: KubeObject;
  /** Key of the component; undefined for what belongs to the environment (namespace, declared secrets). */
  readonly component?: string;
}

export interface RenderedComponent {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly after: readonly string[];
  /** `job({ on: "deploy" })`: runs again at each deploy in which it changed. */
  readonly version?: string;
}
