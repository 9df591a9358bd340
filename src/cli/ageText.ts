/** How long something took: `0.4 s`, `1 min 12 s`, `2 h 5 min`. */
export function secondsText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long ago something was, in one unit: `just now`, `40 s`, `12 min`, `3 h`, `5 days`. */
export function ageText(since: string | undefined, now: Date): string {
  const at = Date.parse(since ?? "");
  if (Number.isNaN(at)) return "";
  const seconds = Math.floor((now.getTime() - at) / 1000);
  // Clocks of two machines differ by a little.
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** The same as part of a sentence: `just now`, `12 min ago`. */
export function agoText(since: string | undefined, now: Date): string {
  const age = ageText(since, now);
  return age === "" || age === "just now" ? age : `${age} ago`;
}

export { timeText } from "../deploy/timeText.ts";
