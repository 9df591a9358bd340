import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { JournalRow } from "./Journal.ts";
import { isSalvageable, sumOf, sumOfNewest } from "./journalFormat.ts";
import { sqliteJournal } from "./sqliteJournal.ts";

/** What could be read of a damaged journal, and what not. */
export interface Salvage {
  readonly kept: number;
  /** `configmaps default/settings`: there, but not as they were written. */
  readonly damaged: readonly string[];
  /** Where the copy of the damaged file lies. */
  readonly aside: string;
}

/**
 * So many versions are left out after a salvage: what was lost may have had numbers that clients know, and none is given twice. A hundred times
 * what is written between two checkpoints.
 */
const gap = 1_000_000;

/**
 * Makes a new journal out of what can be read of a damaged one, of which a copy is kept aside. Undefined when nothing is wrong with it. Errors:
 * `StorageFailed` when another process uses it or a newer Moorage wrote it.
 */
export function salvageJournal(path: string): Salvage | undefined {
  if (!existsSync(path)) return undefined;
  const problem = problemOf(path);
  if (problem === undefined) return undefined;
  if (!isSalvageable(problem)) throw problem;
  const aside = freeName(path);
  const [work, made] = [`${path}.salvage`, `${path}.new`];
  for (const file of [work, made]) removeAll(file);
  for (const end of ends) if (existsSync(path + end)) copyFileSync(path + end, work + end);
  const { rows, newest } = readable(work);
  const whole = rows.filter((row) => row.sum === null || row.sum === sumOf(row));
  const journal = sqliteJournal(made);
  journal.load();
  for (const row of whole) journal.put(row);
  const last = Math.max(newest, ...whole.map(({ revision }) => revision));
  journal.delete("", "", last + gap);
  journal.close();
  // Copied before anything is taken away: whoever is killed here finds all of it.
  for (const end of ends) if (existsSync(path + end)) copyFileSync(path + end, aside + end);
  for (const end of ends.slice(1)) rmSync(path + end, { force: true });
  renameSync(made, path);
  for (const file of [work, made]) removeAll(file);
  const damaged = rows
    .filter((row) => !whole.includes(row))
    .map(({ collection, key }) => `${collection} ${key}`);
  return { kept: whole.length, damaged, aside };
}

/** The file, and what belongs to it. */
const ends = ["", "-wal", "-shm"];

function removeAll(path: string): void {
  for (const end of ends) rmSync(path + end, { force: true });
}

function freeName(path: string): string {
  for (let count = 1; ; count += 1)
    if (!existsSync(`${path}.damaged-${count}`)) return `${path}.damaged-${count}`;
}

function problemOf(path: string): Error | undefined {
  try {
    const journal = sqliteJournal(path);
    journal.load();
    journal.close();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

interface FoundRow extends JournalRow {
  /** Null in a file of format 1. */
  readonly sum: number | null;
}

/** Everything that SQLite still gives, from both ends of what is broken. */
function readable(path: string): { rows: readonly FoundRow[]; newest: number } {
  const rows = new Map<string, FoundRow>();
  let newest = 0;
  let database: DatabaseSync | undefined;
  const attempt = (work: (from: DatabaseSync) => void): void => {
    try {
      if (database !== undefined) work(database);
    } catch {
      // That far, and no further.
    }
  };
  try {
    database = new DatabaseSync(path);
  } catch {
    return { rows: [], newest };
  }
  for (const order of ["ASC", "DESC"])
    attempt((from) => {
      const select = from.prepare(`SELECT * FROM object ORDER BY collection ${order}, key ${order}`);
      for (const row of select.iterate()) {
        const found = { sum: null, ...row } as unknown as FoundRow;
        rows.set(`${found.collection}\0${found.key}`, found);
      }
    });
  attempt((from) => {
    const row = from.prepare("SELECT newest, sum FROM revision").get() as { newest: number; sum: number };
    if (row.sum === sumOfNewest(row.newest)) ({ newest } = row);
  });
  attempt((from) => from.close());
  return { rows: [...rows.values()], newest };
}
