import { MoorageError } from "../contract/index.ts";
import { parseSpan } from "../rehearse/Scenario.ts";

/**
 * Milliseconds of an option that takes a duration: `90s`, `5m`, `1h30m`, or a bare number of seconds.
 *
 * @throws MoorageError `Usage`
 */
export function durationOption(text: string, flag: string, { positive = false } = {}): number {
  const milliseconds = parseSpan(text);
  if (milliseconds === undefined || (positive && milliseconds === 0)) {
    const wanted = positive ? "a duration of more than 0 seconds" : "a duration";
    throw new MoorageError("Usage", `${flag} takes ${wanted}, not "${text}".`, {
      hint: `For example: ${flag} 90s, ${flag} 5m`,
      exitCode: 2,
    });
  }
  return milliseconds;
}
