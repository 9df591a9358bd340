export {
  type ApplyConflict,
  type ApplyOptions,
  type ApplyResult,
  applyServerSide,
} from "./applyServerSide.ts";
export type { FieldFilter, FieldSet } from "./FieldSet.ts";
export { isNoop } from "./isNoop.ts";
export { jsonMergePatch } from "./jsonMergePatch.ts";
export { jsonPatch } from "./jsonPatch.ts";
export { PatchRefused } from "./PatchRefused.ts";
export { sameJson } from "./sameJson.ts";
export { strategicMergePatch } from "./strategicMergePatch.ts";
export { type UpdateOptions, updateManagedFields } from "./updateManagedFields.ts";
export { copyJson } from "./copyJson.ts";
export { conflictStatus } from "./conflictStatus.ts";
