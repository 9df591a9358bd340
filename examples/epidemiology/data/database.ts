// The SQLite file on the claim: opened the same way by the service, the migration and the export.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Opens (and makes) the file that DATABASE names. A rolling redeploy has two programs on it for a moment: write-ahead log, and patience. */
export function openDatabase(): DatabaseSync {
  const path = process.env.DATABASE ?? "./cases.sqlite";
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;");
  return database;
}

/** The migrations in their order; `user_version` of the file counts those that ran. Only ever add to the end. */
export const migrations: readonly string[] = [
  `CREATE TABLE cases (
     id        INTEGER PRIMARY KEY,
     onset     TEXT NOT NULL,
     confirmed TEXT,
     region    TEXT NOT NULL,
     district  TEXT NOT NULL,
     age       INTEGER CHECK (age IS NULL OR age BETWEEN 0 AND 120),
     sex       TEXT NOT NULL CHECK (sex IN ('female', 'male', 'unknown')),
     outcome   TEXT NOT NULL CHECK (outcome IN ('recovered', 'hospitalised', 'died', 'unknown')),
     source    TEXT NOT NULL,
     notes     TEXT NOT NULL DEFAULT '',
     revision  INTEGER NOT NULL DEFAULT 1
   ) STRICT;
   CREATE INDEX cases_onset ON cases (onset);
   CREATE INDEX cases_region ON cases (region, onset);`,
  `CREATE TABLE edits (
     id      INTEGER PRIMARY KEY AUTOINCREMENT,
     case_id INTEGER NOT NULL REFERENCES cases (id),
     at      TEXT NOT NULL,
     field   TEXT NOT NULL,
     before  TEXT,
     after   TEXT
   ) STRICT;`,
];
