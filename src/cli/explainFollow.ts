import { MoorageError } from "../contract/index.ts";
import type { Command } from "./Command.ts";
import { commandRegistry } from "./commandRegistry.ts";

/** Of an error that `-f` led to where `--follow` was meant, as kubectl has it: the same with the line that was meant. Any other comes back as it is. */
export function explainFollow(error: unknown, argv: readonly string[]): unknown {
  const meant = meantToFollow(argv);
  if (meant === undefined || !(error instanceof MoorageError)) return error;
  const isNoFile = error.code === "PlatformNotFound" && error.location.file !== undefined;
  const isMissing =
    error.code === "Usage" &&
    /^option '-f, --file .*' argument missing$|^missing required argument/.test(error.message);
  if (!isNoFile && !isMissing) return error;
  return new MoorageError(error.code, error.message, {
    ...error.location,
    hint: `-f is --file, the platform file. To go on until Ctrl-C: ${meant}`,
    cause: error,
    exitCode: error.exitCode,
  });
}

/** The line with `--follow` for its last `-f`; undefined when it does not stand behind a command that follows. */
function meantToFollow(argv: readonly string[]): string | undefined {
  const at = argv.lastIndexOf("-f");
  const command = commandRegistry.find((each) => follows(each) && argv.slice(0, at + 1).includes(each.name));
  if (command === undefined) return undefined;
  const words = argv.toSpliced(at, 1).filter((word) => word !== "--follow");
  return ["moorage", ...words, "--follow"].join(" ");
}

const follows = ({ options = [] }: Command): boolean => options.some(({ flags }) => flags === "--follow");
