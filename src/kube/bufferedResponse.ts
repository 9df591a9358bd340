import { parseAnswer } from "./parseAnswer.ts";
import type { KubeResponse } from "./Transport.ts";

/** An answer of which the whole body was read. */
export function bufferedResponse({ status, headers }: KubeResponse, text: string): KubeResponse {
  async function* lines(): AsyncGenerator<string> {
    for (const line of text.split("\n")) if (line !== "") yield line;
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(text);
  }
  return {
    status,
    headers,
    json: async () => parseAnswer(text),
    text: async () => text,
    lines,
    chunks,
  };
}
