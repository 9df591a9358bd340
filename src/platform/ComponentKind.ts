import type { z } from "zod";
import type { DevContainer, KubeObject, Problem } from "../contract/index.ts";

/**
 * One kind of component: `redis`, `service`. `components/` has one file for each and lists them in one registry; `platform/` gets the
 * registry as an argument. Everything here is synchronous and pure.
 */
export interface ComponentKind<Spec = unknown> {
  /** As in `moorage.yaml`: `kind: redis`. */
  readonly kind: string;
  /** One sentence for the JSON Schema and the docs. */
  readonly description: string;
  /** Checks and completes what the user wrote. Unknown keys are errors. Strings may contain references (see `reference.ts`). Made when a platform has such a component: all kinds' take a tenth of a command's start. */
  readonly schema: () => z.ZodType<Spec>;
  /** Names that references may use: `["url", "host", "port"]`. */
  readonly outputs: readonly string[];
  /** What a reference to this component means in this environment. */
  resolve(output: string, component: PlacedComponent<Spec>, context: RenderContext): ResolvedReference;
  /** Secrets that this component brings along: a generated password, a composed database URL. */
  secrets?(component: PlacedComponent<Spec>, context: RenderContext): readonly SecretDeclaration[];
  /** The objects, without namespace-independent labels missing: `context.metadata(component)` gives names and labels. */
  render(component: PlacedComponent<Spec>, context: RenderContext): KubeObject[];
  /** Findings beyond the schema: a volume that only one replica can mount, a rewrite that plain Ingress can't do. */
  check?(component: PlacedComponent<Spec>, context: RenderContext): readonly Problem[];
}

/** A component that has its place: a key, and so a name, in one environment. */
export interface PlacedComponent<Spec = unknown> {
  /** Under which it was returned: `curator`. */
  readonly key: string;
  readonly kind: string;
  /** Of its objects: key and the environment's suffix, `curator-dev`. */
  readonly name: string;
  readonly spec: Spec;
  /** Keys of the components that must be ready before: from `after` and from references. Never itself. */
  readonly after: readonly string[];
  /** `moorage.config.ts:12`, for messages. */
  readonly definedAt?: string;
}

export type ResolvedReference =
  | { readonly type: "text"; readonly value: string }
  /** A key of a Secret in the namespace; becomes `secretKeyRef`, or `$(NAME)` inside a longer string. */
  | { readonly type: "secret"; readonly secret: string; readonly key: string };

/** What rendering needs to know of the environment, and the services it offers to kinds. */
export interface RenderContext {
  readonly platform: string;
  readonly environment: string;
  /** Appended to the names of all objects: `-dev`, or empty. */
  readonly suffix: string;
  readonly namespace: string;
  /** Of the environment; `kubernetes` unless it says otherwise. Kept when the environment is deployed into a sandbox. */
  readonly flavor: "kubernetes" | "openshift";
  /** Whether annotations for the sandbox's node are to be added. */
  readonly sandbox: boolean;
  /** Pod Security level that the environment enforces; `restricted` unless it says otherwise. */
  readonly podSecurity: "restricted" | "baseline" | "privileged";

  /** Name, namespace and labels for an object of a component; `part` is appended to the name: `{ part: "config" }` -> `curator-dev-config`. */
  metadata(
    component: PlacedComponent,
    options?: { part?: string },
  ): {
    name: string;
    namespace: string;
    labels: Record<string, string>;
  };
  /** Exactly the two labels of every selector. */
  selector(component: PlacedComponent): Record<string, string>;
  /** Finds a component by what a spec holds in its place: the component itself, or its key. */
  placed(component: unknown): PlacedComponent;
  /** Splits a string with references into text and resolved references, in order. */
  resolve(text: string): readonly (string | ResolvedReference)[];
  /** Like `resolve`, for places where no secret may stand (a host, an object's name): a problem is thrown as MoorageError. */
  text(text: string): string;
  image(image: ImageHandle | string): ResolvedImage;
  /** Text or bytes of a file beside the platform file. Errors name the file. */
  readFile(path: string): Uint8Array;
  /** HMAC, under the environment's key, of the values of these Secrets; undefined while they are not known (`render` without a cluster). */
  secretHash(secrets: readonly string[]): string | undefined;
  /** The object name of a Secret that the platform file declares. */
  secretName(name: string): string;
}

/** What `env.images.etl` gives. */
export interface ImageHandle {
  readonly image: string;
}

export interface ResolvedImage {
  /** `registry.example.org/quality/etl:1.4.0@sha256:...`, as far as it is known. */
  readonly ref: string;
  readonly version?: string;
  /** How it runs in the sandbox, with absolute `cwd`. */
  readonly dev?: DevContainer;
  readonly pullPolicy?: "Always" | "IfNotPresent";
}

/** A Secret that a deploy makes. `name` is the object's name, suffix included. */
export interface SecretDeclaration {
  readonly name: string;
  readonly component?: string;
  readonly keys: Readonly<Record<string, SecretSource>>;
  /** `Opaque` unless said. */
  readonly type?: string;
  /** The Secret is somebody else's: it must exist with these keys, and is neither written nor pruned. */
  readonly existing?: boolean;
}

/** Where one value comes from. */
export type SecretSource =
  /** A key of a dotenv file beside the platform file; `file` relative to it. */
  | { readonly from: "dotenv"; readonly file: string; readonly key: string }
  /** A variable of the environment of the command. */
  | { readonly from: "environment"; readonly variable: string }
  /** Made once and kept: whatever the live Secret holds wins. */
  | {
      readonly from: "generated";
      readonly shape: "password" | "hex" | "base64" | "base64url" | "uuid";
      readonly bytes?: number;
    }
  /** Composed from other keys of the same Secret: `postgresql://app:${PASSWORD}@db:5432/app`; values are URL-escaped with `encode: "url"`. */
  | { readonly from: "template"; readonly template: string; readonly encode?: "url" }
  /** Already in the cluster. */
  | { readonly from: "existing" };
