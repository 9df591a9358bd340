/** Length without the colour sequences that `Output` writes. */
// oxlint-disable-next-line no-control-regex -- ESC is what starts a colour sequence
export const visibleLength = (text: string): number => text.replaceAll(/\u001b\[[0-9;]*m/g, "").length;

const noBreak = "\u00a0";

/** A command line, which is copied as a whole: `wrapText` does not break it. */
export const unbroken = (command: string): string => command.replaceAll(" ", noBreak);

/** What `unbroken` kept together, as it is printed. */
export const breakable = (text: string): string => text.replaceAll(noBreak, " ");

/**
 * A text in lines that are at most so wide, broken between words; every line indented. A word that is longer than a line (a URL, a path) keeps its own line whole: it is copied more often than
 * it is read.
 */
export function wrapText(text: string, width: number, indent: string): string[] {
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/[ \t]+/).filter((one) => one !== "")) {
      if (line !== "" && visibleLength(line) + 1 + visibleLength(word) > room) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    if (line !== "") lines.push(line);
  }
  return lines.map((line) => breakable(indent + line));
}

/** Cut to a width, with an ellipsis. */
export const cutText = (text: string, width: number): string =>
  text.length <= width ? text : width < 2 ? "…" : `${text.slice(0, width - 1)}…`;
