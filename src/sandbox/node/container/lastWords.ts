import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { logTail } from "../logs/readLog.ts";
import type { Container } from "../Pod.ts";

/** Bytes of a termination message, as the kubelet reads them. (pkg/kubelet/container/runtime.go) */
const longestMessage = 4096;

/** What a program left to be told of its end: its termination message, or where that is asked for and it failed, the end of its log. */
export async function lastWords(
  container: Container,
  terminationFile: string,
  log: string,
  exitCode: number,
): Promise<string> {
  const text = endOf(terminationFile);
  if (text !== "" || exitCode === 0 || container.terminationMessagePolicy !== "FallbackToLogsOnError")
    return text;
  return logTail(log);
}

/** The last bytes of a file, however long the program made it; nothing when it took it away, or put something else there. */
function endOf(path: string): string {
  try {
    // A pipe without a writer would hold the whole sandbox.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (!found.isFile()) return "";
      const bytes = Buffer.alloc(Math.min(found.size, longestMessage));
      const length = readSync(file, bytes, 0, bytes.length, found.size - bytes.length);
      return bytes.toString("utf8", 0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}
