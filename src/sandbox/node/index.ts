/**
 * The sandbox's node: runs pods as processes.
 * @module
 */
export { startNode, type RunningNode } from "./startNode.ts";
export type { NodeOptions } from "./NodeOptions.ts";
export { runsOnce, type SimulatedBehaviour, type SimulatedStep } from "./SimulatedBehaviour.ts";
