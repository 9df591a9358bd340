import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, type KeyPair } from "./certificates.ts";
import { writePrivateFile } from "./writePrivateFile.ts";

/** The certificate authority of a state folder; made when there is none. It persists, so that clients that trust it go on doing so. */
export async function loadAuthority(stateDir: string, now: number): Promise<KeyPair> {
  const path = join(stateDir, "authority.json");
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Partial<KeyPair>;
    if (typeof found.certificate === "string" && typeof found.key === "string")
      return { certificate: found.certificate, key: found.key };
  } catch {
    // Not there, or cut short by a crash of long ago: a new one is made.
  }
  const authority = await createAuthority("moorage-sandbox-ca", now);
  writePrivateFile(path, JSON.stringify(authority));
  return authority;
}
