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

/** An object, and whose it is. */
export interface RenderedObject {
  readonly object: KubeObject;
  /** Key of the component; undefined for what belongs to the environment (namespace, declared secrets). */
  readonly component?: string;
}

/** A component of which there may be objects. */
export interface RenderedComponent {
  /** Under which `components` returns it; the label `app.kubernetes.io/name` of its objects. */
  readonly key: string;
  /** With what the names of its objects begin in this environment: `curator-dev`. */
  readonly name: string;
  /** `service`, `postgres`, ... */
  readonly kind: string;
  /** Keys of the components that have to be ready first. */
  readonly after: readonly string[];
  /** `job({ on: "deploy" })`: runs again at each deploy in which it changed. */
  readonly version?: string;
}
