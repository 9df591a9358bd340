import { secondsText } from "./ageText.ts";
import type { Output } from "./Output.ts";
import { cutText } from "./wrapText.ts";

/** How a component stands in a deploy that runs. */
export interface ProgressState {
  readonly state: "pending" | "waiting" | "ready" | "failed" | "skipped";
  readonly message: string;
  /** Milliseconds, since when it is so. */
  readonly since: number;
  /** Of one that is ready. */
  readonly milliseconds?: number;
}

export interface LineLook {
  /** Of the column with the names. */
  readonly width: number;
  /** Of the terminal. */
  readonly columns: number;
  readonly now: number;
  /** Of the spinner; undefined: nothing moves any more. */
  readonly frame: number | undefined;
  readonly colors: Output["colors"];
}

export const spinnerFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

const timeWidth = 6;

/** One row of what is redrawn: mark, name, time, and what is waited for, cut where the terminal ends. */
export function progressLine(component: string, one: ProgressState, look: LineLook): string {
  const { width, columns, now, frame, colors } = look;
  const { state, message, since, milliseconds } = one;
  const isTimed = state === "ready" || state === "waiting";
  const time = (isTimed ? clockText(milliseconds ?? now - since) : "").padStart(timeWidth);
  const room = Math.max(10, columns - width - timeWidth - 7);
  const text = cutText(state === "ready" ? "ready" : short(message), room);
  const isQuiet = state === "ready" || state === "pending" || state === "skipped";
  const name = cutText(component, width).padEnd(width);
  return `${mark(state, frame, colors)} ${name}  ${colors.dim(time)}  ${isQuiet ? colors.dim(text) : text}`;
}

/** The same as a line of its own. */
export function plainLine(component: string, one: ProgressState, colors: Output["colors"]): string {
  const text =
    one.state === "ready"
      ? colors.dim(`ready in ${secondsText(one.milliseconds ?? 0)}`)
      : (one.message.split("\n", 1)[0] ?? "");
  return `${mark(one.state, undefined, colors)} ${component}  ${text}`;
}

function mark(state: ProgressState["state"], frame: number | undefined, colors: Output["colors"]): string {
  switch (state) {
    case "ready":
      return colors.green("✓");
    case "failed":
      return colors.red("✗");
    case "skipped":
      return colors.dim("-");
    case "pending":
      return colors.dim("·");
    default:
      return colors.cyan((frame === undefined ? undefined : spinnerFrames[frame]) ?? "…");
  }
}

/** In so many columns: `59.9 s`, then `12:30`. */
function clockText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 59_950) return secondsText(milliseconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** In one row every word counts. */
const short = (message: string): string =>
  (message.split("\n", 1)[0] ?? "")
    .replaceAll(/ replicas? (available|ready|updated)/g, " $1")
    .replace(/(its|the new) pod (runs; its|is starting:) /, "")
    .replace(/pod (\S+) runs; its (\w+ probe has not passed)/, "$2 ($1)")
    .replace(/(; )(its|the new) pod /, "$1");
