import type { StartProblem } from "../NodeContext.ts";
import type { MountFolder } from "../references/substituteMounts.ts";

/** What a server that the sandbox brings is made from. All references are substituted already. */
export interface BuiltinRequest {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly MountFolder[];
  readonly cwd: string | undefined;
  /** Loopback port to listen on. */
  readonly port: number | undefined;
  /** A private folder of the container. */
  readonly folder: string;
  /** The sandbox's own folder. */
  readonly stateDir: string;
  /** PATH of the programs. */
  readonly path: string | undefined;
  readonly nodeBinary: string;
  /** Of this process: 0 is root. */
  readonly uid: number | undefined;
}

export interface BuiltinPlan {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly stopSignal?: NodeJS.Signals;
}

export type Builtin = (request: BuiltinRequest) => Promise<BuiltinPlan | StartProblem>;
