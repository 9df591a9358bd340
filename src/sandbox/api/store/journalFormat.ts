import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { MoorageError } from "../../../contract/index.ts";
import type { JournalRow } from "./Journal.ts";

/** Raised when the tables change; what is older is migrated, what is newer refused. */
export const journalFormat = 2;

/** `Moor`, so that another program's database is told from ours. Format 1 had none. */
const applicationId = 0x4d6f6f72;

/** Of a row, so that a changed byte is noticed: SQLite has checksums in its log only. */
export const sumOf = ({ collection, key, revision, json }: JournalRow): number =>
  crc32(json, crc32(`${collection}\0${key}\0${revision}\0`));

/** Of the newest revision. */
export const sumOfNewest = (newest: number): number => crc32(String(newest));

/** Makes of each format the next one. */
const migrations: Readonly<Record<number, (database: DatabaseSync) => void>> = {
  1: (database) => {
    database.exec("ALTER TABLE object ADD COLUMN sum INTEGER; ALTER TABLE revision ADD COLUMN sum INTEGER;");
    const set = database.prepare("UPDATE object SET sum = ? WHERE collection = ? AND key = ?");
    const rows = database.prepare("SELECT collection, key, revision, json FROM object").all();
    for (const row of rows as unknown as JournalRow[]) set.run(sumOf(row), row.collection, row.key);
    const { newest } = database.prepare("SELECT newest FROM revision").get() as { newest: number };
    database.prepare("UPDATE revision SET sum = ?").run(sumOfNewest(newest));
    database.exec(`PRAGMA application_id = ${applicationId}`);
  },
};

const pragma = (database: DatabaseSync, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

/** The format of a file, 0 when it is new; only reads. Errors: `StorageFailed`, when it is newer or no journal. */
export function formatOf(database: DatabaseSync, path: string): number {
  const found = Number(pragma(database, "user_version"));
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (found > journalFormat) {
    throw new MoorageError(
      "StorageFailed",
      `${path} was written by a newer Moorage (format ${found}; this one reads ${journalFormat}).`,
      {
        file: path,
        hint: "Use that version; or start over another folder (--state). To start empty, move the file away.",
      },
    );
  }
  if (tables.length === 0) return 0;
  const isOld = found === 1 && tables.some(({ name }) => name === "object");
  if (pragma(database, "application_id") !== applicationId && !isOld) throw noJournal(path);
  return found;
}

/** Makes the tables of a new file, or brings those of an older format to this one: all of it, or nothing. */
export function prepareFormat(database: DatabaseSync, found: number): void {
  inTransaction(database, () => {
    if (found === 0) createTables(database);
    else for (let format = found; format < journalFormat; format += 1) migrations[format]?.(database);
    // Written at every start: from here on the file is locked, and its log is there.
    database.exec(`PRAGMA user_version = ${journalFormat}; UPDATE revision SET only = 1`);
  });
}

/** Refusals of files out of which what can be read may be kept. */
const salvageable = new WeakSet<MoorageError>();

export const isSalvageable = (error: unknown): boolean =>
  error instanceof MoorageError && salvageable.has(error);

/** The file is not ours. */
export function noJournal(path: string, cause?: unknown): MoorageError {
  const error = new MoorageError(
    "StorageFailed",
    `${path} holds something else than the objects of a sandbox.`,
    {
      file: path,
      hint: "Move it away, and the sandbox starts empty; or start over another folder (--state).",
      cause,
    },
  );
  salvageable.add(error);
  return error;
}

/** The file is ours, and not as it was written. */
export function damaged(path: string, where: string, cause?: unknown): MoorageError {
  const error = new MoorageError("StorageFailed", `The objects of the sandbox are damaged: ${where}.`, {
    file: path,
    hint: `To go on with what can be read, the damaged file kept beside it: moorage sandbox --salvage --state ${dirname(path)}`,
    cause,
  });
  salvageable.add(error);
  return error;
}

function createTables(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE object (collection TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL, sum INTEGER,
      PRIMARY KEY (collection, key)) WITHOUT ROWID;
    CREATE TABLE revision (only INTEGER PRIMARY KEY CHECK (only = 1), newest INTEGER NOT NULL, sum INTEGER);
    INSERT INTO revision VALUES (1, 0, ${sumOfNewest(0)});
    PRAGMA application_id = ${applicationId};`);
}

/** All of it, or nothing. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
