/** Bytes, cut anywhere, as lines of UTF-8 text without their ends. A last line without an end counts. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    // A long line in many pieces is joined once, not searched again for each piece.
    let from = 0;
    let end = text.indexOf("\n");
    while (end !== -1) {
      yield rest + text.slice(from, end);
      rest = "";
      from = end + 1;
      end = text.indexOf("\n", from);
    }
    rest += text.slice(from);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
