import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

let found: string | undefined;

/** Where programs that tests build or unpack are kept from one run to the next: the user's cache, or where nothing can be written there, a temporary folder of this user's. */
export function cacheFolder(): string {
  found ??= firstWritable(
    join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "moorage"),
    join(tmpdir(), `moorage-cache-${process.getuid?.() ?? "user"}`),
  );
  return found;
}

function firstWritable(wanted: string, other: string): string {
  try {
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    mkdirSync(other, { recursive: true, mode: 0o700 });
    // Programs are run from there.
    if (statSync(other).uid !== process.getuid?.()) throw new Error(`${other} is somebody else's`);
    return other;
  }
}
