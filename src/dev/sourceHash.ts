import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** What no program is made of, whatever `.gitignore` says. */
const alwaysIgnored = [
  ".git",
  ".moorage",
  "node_modules",
  "__pycache__",
  ".venv",
  ".DS_Store",
  "*.swp",
  "*~",
];

/**
 * Which files below a folder belong to a program: all but what `.gitignore` there (and in folders above it, up to `root`) leaves out and
 * what no program is made of. A program that writes beside its source thus doesn't restart itself.
 */
export class SourceFilter {
  readonly #folder: string;
  readonly #rules: Ignore;

  constructor(folder: string) {
    this.#folder = folder;
    this.#rules = ignore().add(alwaysIgnored);
    try {
      this.#rules.add(readFileSync(join(folder, ".gitignore"), "utf8"));
    } catch {
      // Most folders have none.
    }
  }

  /** @param path absolute, below the folder */
  includes(path: string, isFolder: boolean): boolean {
    const below = relative(this.#folder, path).split(sep).join("/");
    if (below === "") return true;
    if (below.startsWith("../")) return false;
    return !this.#rules.ignores(isFolder ? `${below}/` : below);
  }
}

type Known = { readonly stamp: string; readonly hash: string };

/**
 * Hashes the files of programs; unchanged files (by size and time of change) are not read again. The hash of a folder that is not there
 * is that of nothing: the node says what is missing.
 */
export class SourceHasher {
  readonly #files = new Map<string, Known>();

  /** @returns 16 hexadecimal digits */
  hash(folder: string): string {
    const total = createHash("sha256");
    const filter = new SourceFilter(folder);
    const visit = (path: string): void => {
      let entries;
      try {
        entries = readdirSync(path, { withFileTypes: true });
      } catch {
        return;
      }
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        const file = join(path, entry.name);
        if (!filter.includes(file, entry.isDirectory())) continue;
        if (entry.isDirectory()) visit(file);
        else if (entry.isFile()) total.update(`${relative(folder, file)}\0${this.#fileHash(file)}\n`);
      }
    };
    visit(folder);
    return total.digest("hex").slice(0, 16);
  }

  #fileHash(file: string): string {
    try {
      const { size, mtimeMs } = statSync(file);
      const stamp = `${size} ${mtimeMs}`;
      const known = this.#files.get(file);
      if (known?.stamp === stamp) return known.hash;
      const hash = createHash("sha256").update(readFileSync(file)).digest("hex");
      this.#files.set(file, { stamp, hash });
      return hash;
    } catch {
      // Removed while we looked: the watcher reports it, and the next look is right.
      return "gone";
    }
  }
}
