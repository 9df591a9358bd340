/** A text as Go's `%q` quotes it. */
export const goQuoted = (text: string): string =>
  JSON.stringify(text)
    .replaceAll(/(?<!\\)((?:\\\\)*)\\u00([0-9a-f]{2})/g, "$1\\x$2")
    .replaceAll("\u007f", "\\x7f");

/** A value as Go's JSON encoder writes it: fields in their order, and safe inside of HTML. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ).replaceAll(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A value as Go's `%v` prints it, in which a real server's messages quote parts of patches: `map[image:b]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value !== "object") return typeof value === "string" ? value : JSON.stringify(value);
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${key}:${goText(inner)}`);
  return `map[${parts.join(" ")}]`;
}
