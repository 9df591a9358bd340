export { customStrategy } from "./custom.ts";
export { podWarnings } from "./podWarnings.ts";
export type { KindStrategy, WriteContext } from "./KindStrategy.ts";
export { validateMetadata } from "./metadata.ts";
export * from "./names.ts";
export { strategyOf } from "./registry.ts";
