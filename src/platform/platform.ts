import type { AnyComponent } from "./Component.ts";
import type { ImageHandle } from "./ComponentKind.ts";
import type {
  EnvironmentDefinition,
  EnvironmentVariables,
  ImageDefinition,
  SecretDefinition,
} from "./definition.ts";
import type { SecretHandle } from "./secret.ts";

export const platformSymbol: unique symbol = Symbol.for("moorage.platform") as never;

/** What the platform file exports by default. */
export interface Platform {
  readonly [platformSymbol]: {
    readonly name: string;
    /** As the user wrote it; checked by `loadPlatform`. */
    readonly definition: unknown;
    readonly created: { readonly stack?: string };
  };
}

/** What `platform` is given: all that a platform file says. */
export interface PlatformDefinition<Images, Secrets, Environments> {
  /** The programs, by name: `env.images.NAME`. */
  images?: Images & Record<string, ImageDefinition>;
  /** The secrets, by name: `env.secrets.NAME.KEY`. */
  secrets?: Secrets & Record<string, SecretDefinition>;
  /** Where it runs, by name: target, namespace, and what differs there. */
  environments: Environments &
    Record<string, EnvironmentDefinition> & {
      readonly [Name in keyof Environments]: { after?: keyof Environments };
    };
  /** Given to every container that doesn't set it itself. References to secrets may stand here. */
  env?: EnvironmentVariables;
  /** A PEM file beside the platform file: every container trusts these authorities. */
  ca?: string;
  /** Declared secrets with registry credentials, for all pods. */
  pullSecrets?: readonly (keyof Secrets & string)[];
  /** Synchronous and pure; evaluated for every environment. The keys are the components' names. */
  components: (env: Env<Images, Secrets, Environments>) => Readonly<Record<string, AnyComponent>>;
}

/** What `components` is given: the environment, as the rest of the file declares it. */
export interface Env<Images = unknown, Secrets = unknown, Environments = unknown> {
  /** The platform's name. */
  readonly platform: string;
  /** The environment's name. */
  readonly name: keyof Environments & string;
  /** Whether this deploy goes into the sandbox: by the environment's target, or by `--target sandbox`. */
  readonly sandbox: boolean;
  /** Of the environment's own target, also when this deploy goes into the sandbox. */
  readonly flavor: "kubernetes" | "openshift";
  /** Where the objects go, unless they say otherwise. */
  readonly namespace: string;
  /** What the objects' names end with: `-dev`. Empty for none. */
  readonly suffix: string;
  /** The platform's images, in the version of this environment. */
  readonly images: { readonly [Name in keyof Images]: ImageHandle };
  /** The platform's secrets. References, never values. */
  readonly secrets: { readonly [Name in keyof Secrets]: SecretHandle<KeysOf<Secrets[Name]>> };
  /** `values` of this environment. What only other environments have is undefined. */
  readonly values: ValuesOf<Environments>;
}

type KeysOf<S> = S extends { readonly keys: readonly (infer Key extends string)[] }
  ? Key
  : S extends { readonly keys: infer Keys }
    ? keyof Keys & string
    : string;

type ValuesIn<E> = E extends { values: infer V } ? V : Nothing;
interface Nothing {
  readonly [nothing]?: never;
}
declare const nothing: unique symbol;
type KeysOfAny<U> = U extends unknown ? keyof U : never;
type Field<U, K> = U extends unknown ? (K extends keyof U ? U[K] : undefined) : never;
type ValuesOf<E> = {
  readonly [K in KeysOfAny<ValuesIn<E[keyof E]>>]: Field<ValuesIn<E[keyof E]>, K>;
};

/**
 * Describes a platform: the default export of `moorage.config.ts`.
 *
 * @param name of the platform, a DNS label: part of object names, labels and local host names
 * @example
 * export default platform("quality", {
 *   images: { etl: { ref: "registry.example.org/quality/etl", dev: { cwd: "etl" } } },
 *   environments: { dev: { target: "sandbox" } },
 *   components: (env) => ({ etl: worker({ image: env.images.etl }) }),
 * });
 */
export function platform<Images, const Secrets, Environments>(
  name: string,
  definition: PlatformDefinition<Images, Secrets, Environments>,
): Platform {
  const created: { stack?: string } = {};
  Error.captureStackTrace(created, platform);
  return { [platformSymbol]: { name, definition, created } };
}

export const isPlatform = (value: unknown): value is Platform =>
  typeof value === "object" && value !== null && platformSymbol in value;
