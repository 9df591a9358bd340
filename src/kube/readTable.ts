import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";

/** One file of the generated table, decompressed: `openapi/apps_v1.json`. */
export function readTableBytes(name: string): Buffer {
  return brotliDecompressSync(readFileSync(new URL(`./table/${name}.br`, import.meta.url)));
}

export function readTable(name: string): unknown {
  return JSON.parse(readTableBytes(name).toString("utf8"));
}
