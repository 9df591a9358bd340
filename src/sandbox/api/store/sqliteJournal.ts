import { fsync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { MoorageError } from "../../../contract/index.ts";
import { StorageFull, type Journal, type JournalRow } from "./Journal.ts";

/** Raised when the tables change in a way that older programs can't read. */
const format = 1;

const sqliteFull = 13;
const sqliteIoError = 10;

export interface SqliteJournalOptions {
  /** How many pages (4 KiB) the log holds before it goes into the main file. */
  readonly checkpointPages?: number;
}

/**
 * A journal in one SQLite file. A write is in the operating system's hands before the call returns, so it outlives `kill -9`; it is on
 * the disk about a second later, so a power cut can cost that second (never the file's integrity).
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  const { checkpointPages = 2000 } = options;
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages};`,
    );
    const { user_version: found } = database.prepare("PRAGMA user_version").get() as { user_version: number };
    if (found > format)
      throw new MoorageError(
        "StorageFailed",
        `${path} was written by a newer Moorage (format ${found}; this one reads ${format}).`,
        {
          file: path,
          hint: "Use that version, or remove the file: the sandbox then starts empty.",
        },
      );
    database.exec(`
      CREATE TABLE IF NOT EXISTS object (collection TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (collection, key)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS revision (only INTEGER PRIMARY KEY CHECK (only = 1), newest INTEGER NOT NULL);
      INSERT OR IGNORE INTO revision VALUES (1, 0);
      PRAGMA user_version = ${format};`);
  } catch (cause) {
    if (cause instanceof MoorageError) throw cause;
    throw new MoorageError(
      "StorageFailed",
      `The objects of the sandbox cannot be read from ${path}: ${(cause as Error).message}`,
      {
        file: path,
        cause,
        hint: "Is the folder writable and the disk not full? Removing the file starts the sandbox empty.",
      },
    );
  }
  const select = database.prepare("SELECT collection, key, revision, json FROM object");
  const newest = database.prepare("SELECT newest FROM revision");
  const put = database.prepare("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM object WHERE collection = ? AND key = ?");
  const deleted = database.prepare("UPDATE revision SET newest = ?");
  const log = openSync(`${path}-wal`, "r+");
  let dirty = false;
  const syncing = setInterval(() => {
    if (!dirty) return;
    dirty = false;
    fsync(log, () => {});
  }, 1000);
  syncing.unref();

  const writing = (write: () => void): void => {
    try {
      write();
      dirty = true;
    } catch (cause) {
      const { errcode } = cause as { errcode?: number };
      if (errcode !== undefined && (errcode === sqliteFull || (errcode & 0xff) === sqliteIoError))
        throw new StorageFull(`the storage of the sandbox is full or failing: ${(cause as Error).message}`, {
          cause,
        });
      throw cause;
    }
  };
  return {
    load: () => ({
      revision: (newest.get() as { newest: number }).newest,
      rows: select.all() as unknown as JournalRow[],
    }),
    put: ({ collection, key, revision, json }) =>
      writing(() => void put.run(collection, key, revision, json)),
    delete: (collection, key, revision) =>
      writing(() => {
        database.exec("BEGIN");
        try {
          remove.run(collection, key);
          deleted.run(revision);
          database.exec("COMMIT");
        } catch (error) {
          if (database.isTransaction) database.exec("ROLLBACK");
          throw error;
        }
      }),
    close() {
      clearInterval(syncing);
      closeSync(log);
      database.close();
    },
  };
}
