import { MoorageError } from "../contract/index.ts";

/** The value of `--port`. */
export function portOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new MoorageError("Usage", `"${text}" is no port.`, { hint: "--port 8080", exitCode: 2 });
  }
  return port;
}
