import { readFileSync } from "node:fs";
import { logTail } from "../logs/readLog.ts";
import type { Container } from "../Pod.ts";

/** What a program left to be told of its end: its termination message, or where that is asked for and it failed, the end of its log. */
export async function lastWords(
  container: Container,
  terminationFile: string,
  log: string,
  exitCode: number,
): Promise<string> {
  let text = "";
  try {
    text = readFileSync(terminationFile, "utf8").slice(0, 4096);
  } catch {
    // The program took it away.
  }
  if (text !== "" || exitCode === 0 || container.terminationMessagePolicy !== "FallbackToLogsOnError")
    return text;
  return logTail(log);
}
