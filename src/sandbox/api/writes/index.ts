export { requireKind, requireManager } from "./applyPatch.ts";
export { create } from "./create.ts";
export { patch } from "./patch.ts";
export { replace } from "./replace.ts";
export { commit, update } from "./update.ts";
export { decodeAs, liveOf, recordOwnership, type Write, writeOf } from "./Write.ts";
