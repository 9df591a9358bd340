import type { TerminalSize } from "./StreamTarget.ts";

/** More than any size takes. */
const longest = 4096;

/** Takes sizes out of a stream of JSON objects, `{"Width":80,"Height":24}`; what is none is passed over. */
export function terminalSizes(take: (size: TerminalSize) => void): (chunk: Uint8Array) => void {
  let rest = "";
  return (chunk) => {
    rest += Buffer.from(chunk).toString("utf8");
    for (let end = rest.indexOf("}"); end >= 0; end = rest.indexOf("}")) {
      const size = sizeOf(rest.slice(rest.indexOf("{"), end + 1));
      rest = rest.slice(end + 1);
      if (size !== undefined) take(size);
    }
    if (rest.length > longest) rest = "";
  };
}

function sizeOf(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    const valid = (value: unknown): value is number =>
      Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
    return valid(Width) && valid(Height) ? { columns: Width, rows: Height } : undefined;
  } catch {
    return undefined;
  }
}
