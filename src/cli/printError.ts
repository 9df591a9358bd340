import { MoorageError, type Location, type Problem } from "../contract/index.ts";
import type { Output } from "./Output.ts";
import { systemError } from "./systemError.ts";
import { unbroken } from "./wrapText.ts";

/**
 * The one place that prints an error: what, where, why, how to mend it. A MoorageError is the user's or the cluster's matter and shows
 * no stack trace unless `debug`; anything else is a bug of Moorage and says so.
 *
 * @returns the exit code
 */
export function printError(thrown: unknown, output: Output, options: { debug: boolean }): number {
  const { colors } = output;
  const error = systemError(thrown) ?? thrown;
  if (!(error instanceof MoorageError)) {
    const text = error instanceof Error ? error.message : String(error);
    output.paragraph(`${colors.red("error")} Moorage has a bug: ${text}`);
    if (options.debug && error instanceof Error) output.remark(String(error.stack));
    else output.remark(`  ${colors.cyan("→")} Run it again with --debug and report what it prints.`);
    output.jsonError({ code: "Bug", message: text });
    return 1;
  }

  output.paragraph(`${colors.red("error")} ${error.message}`);
  const [only] = error.problems;
  // A single finding that the message tells already: its place is all that it adds.
  const told = error.problems.length === 1 && only?.message === error.message ? only : undefined;
  const place = locationText(told === undefined ? error.location : { ...told, ...error.location });
  if (place) output.paragraph(`  ${colors.dim("at")} ${place}`);
  for (const problem of told === undefined ? error.problems : [])
    output.paragraph(problemText(problem, output));
  if (error.hint) {
    for (const line of error.hint.split("\n"))
      output.paragraph(`  ${colors.cyan("→")} ${wholeCommand(line)}`);
  }
  if (options.debug) output.remark(debugText(error));
  output.jsonError({
    code: error.code,
    message: error.message,
    ...error.location,
    hint: error.hint,
    problems: error.problems.length > 0 ? error.problems : undefined,
  });
  return error.exitCode;
}

/** A hint whose command, at its end, stays on one line where there is room: it is copied. */
const wholeCommand = (hint: string): string =>
  hint.replace(/(?<=: )(?:moorage|kubectl|helm|npx|export) .*$/, (command) => unbroken(command));

/** One finding as lines: message, place, hint. */
export function problemText(problem: Problem, output: Output): string {
  const { colors } = output;
  const mark = problem.severity === "warning" ? colors.yellow("!") : colors.red("✗");
  const place = locationText(problem);
  const lines = [`  ${mark} ${place ? `${colors.bold(place)}: ` : ""}${problem.message}`];
  if (problem.hint) lines.push(`    ${colors.cyan("→")} ${problem.hint}`);
  return lines.join("\n");
}

/** `moorage.config.ts:12:3 components.api.ports`, as far as it is known. */
function locationText(location: Location): string {
  const line = location.line === undefined ? "" : `:${location.line}`;
  const column = location.column === undefined || location.line === undefined ? "" : `:${location.column}`;
  return [location.file === undefined ? "" : `${location.file}${line}${column}`, location.path ?? ""]
    .filter((part) => part !== "")
    .join(" ");
}

function debugText(error: Error): string {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    causes.push(String(cause.stack));
  return causes.join("\ncaused by ");
}
