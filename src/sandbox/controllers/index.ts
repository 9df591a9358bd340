export { startControllers, type StartOptions } from "./startControllers.ts";
export type { RunningControllers } from "./runtime/runControllers.ts";
