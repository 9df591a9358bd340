/**
 * What a platform file needs.
 *
 * @module moorage
 */
export * from "./components/index.ts";
export type { AnyComponent, Component } from "./platform/Component.ts";
export { each } from "./platform/each.ts";
export { platform, type Env, type Platform, type PlatformDefinition } from "./platform/platform.ts";
export type { Reference } from "./platform/reference.ts";
export { secret, type SecretHandle } from "./platform/secret.ts";
