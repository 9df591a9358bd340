/** A text as Go's `%q` quotes it. */
export const goQuoted = (text: string): string =>
  JSON.stringify(text)
    .replaceAll(/(?<!\\)((?:\\\\)*)\\u00([0-9a-f]{2})/g, "$1\\x$2")
    .replaceAll("\u007f", "\\x7f");

/** A value as Go's `%v` prints it, in which a real server's messages quote parts of patches: `map[image:b]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${key}:${goText(inner)}`);
  return `map[${parts.join(" ")}]`;
}
