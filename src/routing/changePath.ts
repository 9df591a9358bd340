import { withoutTrailingSlash } from "./canonicalPath.ts";
import type { PathChange, PathMatch } from "./RouteTable.ts";

/** The path after a `ReplaceFullPath` or `ReplacePrefixMatch` (the table in the Gateway API's HTTPPathModifier). `path` is canonical and matched `matched`. */
export function changePath(path: string, matched: PathMatch, change: PathChange | undefined): string {
  if (change === undefined) return path;
  if (change.type === "ReplaceFullPath") return change.value === "" ? "/" : change.value;
  // Only prefixes can be replaced; an Exact match is a prefix of itself. The API refuses others.
  if (matched.type === "RegularExpression") return path;
  const rest = path.slice(withoutTrailingSlash(matched.value).length);
  const changed = `${withoutTrailingSlash(change.value)}${rest}`;
  return changed.startsWith("/") ? changed : `/${changed}`;
}
