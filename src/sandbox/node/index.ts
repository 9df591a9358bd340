/**
 * The sandbox's node: runs pods as processes.
 * @module
 */
export { startNode, type NodeOptions, type RunningNode } from "./startNode.ts";
export { runsOnce, type SimulatedBehaviour, type SimulatedStep } from "./SimulatedBehaviour.ts";
