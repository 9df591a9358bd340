import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

/** A command whose words are ready to be run. */
export interface PreparedCommand {
  readonly argv: readonly string[];
  /** Takes away what was made for it. */
  readonly done: () => Promise<void>;
}

/**
 * `kubectl cp` out of a pod runs `tar cf - PATH`, and takes the names in the archive at their word: they have to begin with the path that
 * it asked for. Below a mount that is not where the files are, so that tar is shown the mount under its own name. Undefined for any other
 * command, and for paths that are no mount's.
 */
export async function mountedArchive(
  command: readonly string[],
  substitute: (text: string) => string,
  /** Where it may make a folder for a while. */
  folder: string,
): Promise<PreparedCommand | undefined> {
  const [program, option, words = "", path = ""] = command;
  // With `--retries` it goes on where it was cut off.
  const resumed = /^tar cf - (\/\S+) \| (tail -c\+\d+)$/.exec(words);
  const shell = program === "sh" && option === "-c" && command.length === 3 && resumed !== null;
  const plain = program === "tar" && option === "cf" && words === "-" && command.length === 4;
  const wanted = shell ? (resumed[1] ?? "") : plain ? posix.normalize(path).replace(/\/$/, "") : "";
  const mount = mountOf(wanted, substitute);
  if (mount === undefined) return undefined;
  const root = await mkdtemp(join(folder, "archive-"));
  const link = join(root, mount);
  await mkdir(dirname(link), { recursive: true, mode: 0o755 });
  await symlink(substitute(mount), link);
  // The mount itself is to be packed as a folder, not as a link.
  const name = `${wanted.slice(1)}${wanted === mount ? "/." : ""}`;
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  return {
    argv: shell
      ? ["sh", "-c", `tar cf - -C ${quoted(root)} ${quoted(name)} | ${resumed[2] ?? ""}`]
      : ["tar", "cf", "-", "-C", root, name],
    done: () => rm(root, { recursive: true, force: true }),
  };
}

/** The mount that a path lies in: the shortest path above it whose folder holds it. */
function mountOf(path: string, substitute: (text: string) => string): string | undefined {
  if (!path.startsWith("/")) return undefined;
  const place = substitute(path);
  const parts = path.split("/");
  for (let count = 2; count <= parts.length; count++) {
    const above = parts.slice(0, count).join("/");
    const folder = substitute(above);
    if (folder !== above && place === [folder, ...parts.slice(count)].join("/")) return above;
  }
  return undefined;
}
