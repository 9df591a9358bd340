import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writePrivateFile } from "../https/writePrivateFile.ts";
import { newTokenKey } from "./ServiceAccountTokens.ts";

/** The key that signs tokens of service accounts in a state folder; made when there is none. It persists, so that tokens outlive the sandbox. */
export function loadTokenKey(stateDir: string): string {
  const path = join(stateDir, "service-account.key");
  try {
    const found = readFileSync(path, "utf8");
    if (found.includes("-----END PRIVATE KEY-----")) return found;
  } catch {
    // Not there yet.
  }
  const key = newTokenKey();
  writePrivateFile(path, key);
  return key;
}
