import { componentKinds } from "../components/index.ts";
import { evaluateEnvironment, loadPlatform, type EvaluatedEnvironment } from "../platform/index.ts";

/** Which environment of which platform file. */
export interface LoadOptions {
  /** The name of the environment in the platform file. */
  readonly environment: string;
  /** Where the platform file is looked for, upwards; the working folder unless said. */
  readonly cwd?: string;
  /** The platform file itself. */
  readonly file?: string;
  /** Render for a sandbox, whatever the environment's own target. */
  readonly target?: "sandbox";
}

/** Loads the platform file and evaluates one environment of it, as every command does. Errors: `PlatformNotFound`, `PlatformInvalid`, `Usage`. */
export async function loadEnvironment(options: LoadOptions): Promise<EvaluatedEnvironment> {
  const loaded = await loadPlatform({
    cwd: options.cwd ?? process.cwd(),
    ...(options.file === undefined ? {} : { file: options.file }),
    kinds: componentKinds,
    moorage: async () => await import("../index.ts"),
  });
  return evaluateEnvironment(
    loaded,
    options.environment,
    options.target === undefined ? {} : { target: options.target },
  );
}
