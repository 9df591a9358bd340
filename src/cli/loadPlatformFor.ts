import type { LoadedPlatform } from "../platform/index.ts";
import type { CommandContext } from "./CommandContext.ts";

/** The platform file that a command is about: `--file`, or the one found from the working folder upwards. */
export async function loadPlatformFor(
  context: Pick<CommandContext, "cwd" | "file">,
): Promise<LoadedPlatform> {
  const [{ loadPlatform }, { componentKinds }] = await Promise.all([
    import("../platform/index.ts"),
    import("../components/index.ts"),
  ]);
  return await loadPlatform({
    cwd: context.cwd,
    file: context.file,
    kinds: componentKinds,
    moorage: async () => await import("../index.ts"),
  });
}
