/** Where a mount path of a container is on this machine. */
export interface MountFolder {
  readonly mountPath: string;
  readonly folder: string;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Replaces references to mount paths by their folders: the longest path first, at path boundaries only, so that `/data` is found in
 * `/data/x.db`, `--dir=/data` and `file:///data/x`, but not in `/database`, `/srv/data` or `http://host/data`. In URLs of SQLite three
 * slashes begin a relative path (as SQLAlchemy reads them), four an absolute one.
 */
export function substituteMounts(text: string, mounts: readonly MountFolder[]): string {
  if (mounts.length === 0 || !text.includes("/")) return text;
  const folders = new Map<string, string>();
  for (const { mountPath, folder } of mounts) {
    const path = mountPath.replace(/\/+$/, "");
    if (path.startsWith("/") && path !== "") folders.set(path, folder);
  }
  if (folders.size === 0) return text;
  const paths = [...folders.keys()].toSorted((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![\\w.~%-])(${paths.map(escape).join("|")})(?![\\w.-])`, "g");
  return text.replace(pattern, (whole, path: string, at: number) => {
    const before = text.slice(0, at);
    if (before.endsWith("/")) {
      const absolute =
        before.endsWith(":///") || (before.endsWith("://") && !/sqlite[\w+]*:\/\/$/i.test(before));
      if (!absolute) return whole;
    } else if (/[})\]]$/.test(before)) return whole;
    return folders.get(path) ?? whole;
  });
}
