/**
 * The lines that differ between two texts, `-` and `+`, with a line of context around them and `…` for what is left out. Longest common subsequence
 * (Hunt and McIlroy 1976), after the equal beginning and end are set aside; texts too long for its table are shown as removed and added.
 */
export function lineDifference(before: string, after: string, context = 1): string[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  const middle = script(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const all = [
    ...a.slice(0, start).map((line) => `  ${line}`),
    ...middle,
    ...a.slice(a.length - end).map((line) => `  ${line}`),
  ];
  return withContext(all, context);
}

function script(a: readonly string[], b: readonly string[]): string[] {
  if (a.length * b.length > 1_000_000)
    return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j]
          ? (longest[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (
      i < a.length &&
      (j === b.length || (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))
    ) {
      lines.push(`- ${a[i++]}`);
    } else {
      lines.push(`+ ${b[j++]}`);
    }
  }
  return lines;
}

function withContext(lines: readonly string[], context: number): string[] {
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some((line) => !line.startsWith("  ")),
  );
  const result: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (shown[index]) result.push(line);
    else if (index === 0 || shown[index - 1]) result.push("…");
  }
  return result;
}
