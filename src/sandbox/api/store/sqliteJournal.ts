import { chmodSync, closeSync, existsSync, fsync, openSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { MoorageError } from "../../../contract/index.ts";
import { StorageFull, type Journal, type JournalRow } from "./Journal.ts";
import {
  damaged,
  formatOf,
  inTransaction,
  journalFormat,
  noJournal,
  prepareFormat,
  sumOf,
  sumOfNewest,
} from "./journalFormat.ts";
import { lastingLogDamage } from "./logDamage.ts";

const sqliteBusy = 5;
const sqliteIoError = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteNotADatabase = 26;

export interface SqliteJournalOptions {
  /** How many pages (4 KiB) the log holds before it goes into the main file. */
  readonly checkpointPages?: number;
}

/**
 * A journal in one SQLite file. A write is in the operating system's hands before the call returns, so it outlives `kill -9`; it is on
 * the disk about a second later, so a power cut can cost that second. One process at a time: the file is locked until that process is gone.
 * What is damaged is refused with its place; `salvageJournal` goes on from there.
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  // Rarely: everything waits while the log is written to the main file.
  const { checkpointPages = 8000 } = options;
  const opened = open(path, checkpointPages);
  const { database } = opened;
  let contents: Contents | undefined = opened.contents;
  const put = database.prepare("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?)");
  const remove = database.prepare("DELETE FROM object WHERE collection = ? AND key = ?");
  const deleted = database.prepare("UPDATE revision SET newest = ?, sum = ?");
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
      const code = errorCode(cause);
      if (code === sqliteFull || code === sqliteIoError)
        throw new StorageFull(`the storage of the sandbox is full or failing: ${(cause as Error).message}`, {
          cause,
        });
      throw cause;
    }
  };
  return {
    load() {
      const loaded = contents ?? { revision: 0, rows: [] };
      // Who loads it keeps it.
      contents = undefined;
      return loaded;
    },
    put: (row) => writing(() => void put.run(row.collection, row.key, row.revision, row.json, sumOf(row))),
    delete: (collection, key, revision) =>
      writing(() =>
        inTransaction(database, () => {
          remove.run(collection, key);
          deleted.run(revision, sumOfNewest(revision));
        }),
      ),
    close() {
      clearInterval(syncing);
      closeSync(log);
      database.close();
    },
  };
}

interface Contents {
  readonly revision: number;
  readonly rows: readonly JournalRow[];
}

function open(path: string, checkpointPages: number): { database: DatabaseSync; contents: Contents } {
  let database: DatabaseSync | undefined;
  try {
    // Of a file that was taken away: it belongs to nothing.
    if (!existsSync(path)) for (const end of ["-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    const damage = lastingLogDamage(path);
    if (damage !== undefined) throw damaged(path, damage);
    // SQLite takes what is shorter than its shortest page for empty.
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0 && size < 512) throw noJournal(path);
    // It holds Secrets. SQLite gives its other files the mode of this one.
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    database = new DatabaseSync(path);
    // One that was killed a moment ago may still be on its way out.
    database.exec("PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE");
    const format = formatOf(database, path);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${checkpointPages};`,
    );
    const [found] = database.prepare("PRAGMA quick_check(1)").all();
    const said = String(Object.values(found ?? {})[0]);
    if (said !== "ok") throw damaged(path, said);
    // Nothing is written before it is known to be whole.
    const contents = format === journalFormat ? readAll(database, path) : undefined;
    prepareFormat(database, format);
    return { database, contents: contents ?? readAll(database, path) };
  } catch (cause) {
    if (database?.isOpen === true) database.close();
    if (cause instanceof MoorageError) throw cause;
    const code = errorCode(cause);
    if (code === sqliteNotADatabase) throw noJournal(path, cause);
    if (code === sqliteCorrupt) throw damaged(path, (cause as Error).message, cause);
    if (code === sqliteBusy) {
      throw new MoorageError("StorageFailed", `Another process uses ${path}.`, {
        file: path,
        hint: "A sandbox runs over this folder already: use it, stop it, or start over another folder (--state).",
        cause,
      });
    }
    throw new MoorageError(
      "StorageFailed",
      `The objects of the sandbox cannot be read from ${path}: ${(cause as Error).message}`,
      { file: path, cause, hint: "Is the folder writable and the disk not full?" },
    );
  }
}

interface SummedRow extends JournalRow {
  readonly sum: number;
}

/** Everything, if every row is as it was written. */
function readAll(database: DatabaseSync, path: string): Contents {
  const { newest, sum } = database.prepare("SELECT newest, sum FROM revision").get() as {
    newest: number;
    sum: number;
  };
  if (sum !== sumOfNewest(newest)) throw damaged(path, "the newest version is not what was written");
  const select = database.prepare("SELECT collection, key, revision, json, sum FROM object");
  const rows = select.all() as unknown as SummedRow[];
  const wrong = rows
    .filter((row) => row.sum !== sumOf(row))
    .map(({ collection, key }) => `${collection} ${key}`);
  if (wrong.length > 0) {
    const more = wrong.length > 3 ? `, and ${wrong.length - 3} more` : "";
    throw damaged(path, `not as it was written: ${wrong.slice(0, 3).join(", ")}${more}`);
  }
  return { revision: newest, rows };
}

/** SQLite's primary result code. */
function errorCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}
