import type { Location } from "../contract/index.ts";
import type { AnyComponent } from "./Component.ts";
import type { ComponentKind } from "./ComponentKind.ts";
import type { Lock } from "./lock.ts";
import type { EnvironmentDefinition } from "./definition.ts";

/** A platform file that was read and whose own schema holds. Its components are not evaluated yet. */
export interface LoadedPlatform {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Absolute; what the platform file names is relative to it. */
  readonly folder: string;
  /** All files it was made of, absolute: the platform file, what it imports, moorage.lock. To be watched. */
  readonly files: readonly string[];
  readonly kinds: readonly ComponentKind[];
  readonly definition: PlatformData;
  readonly lock: Lock;
  /** Components that were made while the file was loaded, outside of `components`. */
  readonly created: ReadonlyMap<number, AnyComponent>;
  /** The components of an environment, layered; YAML's are data, TypeScript's come from its function. */
  components(environment: unknown, name: string): unknown;
  /** Where a path of the file stands. */
  locate(path: readonly PropertyKey[]): Location;
  /** The file as the user would name it. */
  readonly shownFile: string;
  /** Bytes of a file beside the platform file. */
  readFile(path: string): Uint8Array;
}

/** The platform file, components apart. */
export interface PlatformData {
  readonly images?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
  readonly environments: Readonly<Record<string, EnvironmentDefinition>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly ca?: string;
  readonly pullSecrets?: readonly string[];
}
