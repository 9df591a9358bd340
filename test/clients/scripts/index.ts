import type { Script } from "../Script.ts";
import { helm } from "./helm.ts";
import { reading } from "./reading.ts";
import { running } from "./running.ts";
import { streams } from "./streams.ts";
import { workloads } from "./workloads.ts";
import { writing } from "./writing.ts";

/** Each by itself: some look at all that a cluster has, or change what others stand on. */
export const scripts: readonly Script[] = [...reading, ...writing, ...workloads, ...helm];

/** Beside each other: they stay in their namespaces, and mostly wait. */
export const quietScripts: readonly Script[] = [...running, ...streams];
