export * from "./MoorageError.ts";
export * from "./errorCodes.ts";
export * from "./labels.ts";
export * from "./devAnnotations.ts";
export * from "./KubeObject.ts";
export * from "./quantityValue.ts";
export * from "./cronScheduleProblem.ts";
