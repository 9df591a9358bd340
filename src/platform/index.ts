export * from "./Component.ts";
export * from "./ComponentKind.ts";
export * from "./Rendering.ts";
export * from "./fields.ts";
export * from "./reference.ts";
export * from "./secret.ts";
