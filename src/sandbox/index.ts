/**
 * The embedded cluster: a Kubernetes API server, its controllers, a node that runs pods as processes, and a front door.
 *
 * @module moorage/sandbox
 */
export { MoorageError, type ErrorCode, type Location, type Problem } from "../contract/index.ts";
export { salvageObjects, startSandbox, type Sandbox, type SandboxOptions } from "./startSandbox.ts";
export {
  startSimulatedSandbox,
  type SimulatedSandbox,
  type SimulatedSandboxOptions,
} from "./startSimulatedSandbox.ts";
export { runsOnce, type SimulatedBehaviour, type SimulatedStep } from "./node/index.ts";
export { advanceClock, readClock } from "./time/advanceClock.ts";
export type { Clock } from "./Clock.ts";
