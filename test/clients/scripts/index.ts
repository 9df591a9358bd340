import type { Script } from "../Script.ts";
import { helm } from "./helm.ts";
import { reading } from "./reading.ts";
import { workloads } from "./workloads.ts";
import { writing } from "./writing.ts";

export const scripts: readonly Script[] = [...reading, ...writing, ...workloads, ...helm];
