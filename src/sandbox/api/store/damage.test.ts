import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MoorageError, type KubeObject } from "../../../contract/index.ts";
import { lastingLogDamage } from "./logDamage.ts";
import { salvageJournal } from "./salvageJournal.ts";
import { sqliteJournal } from "./sqliteJournal.ts";
import { Store } from "./Store.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moorage-store-"));
  path = join(folder, "objects.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const names = Array.from({ length: 40 }, (_, at) => `o${String(at).padStart(2, "0")}`);
const object = (name: string, value: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n" },
  data: { value: `${value} `.repeat(60) },
});
const open = (): Store => new Store({ journal: sqliteJournal(path) });
const contents = (store: Store): Record<string, string> =>
  Object.fromEntries(store.list("configmaps").map(({ key, json }) => [key, json]));
const write = (store: Store, value: string): void => {
  for (const name of names) store.put("configmaps", `n/${name}`, object(name, value));
  store.delete("configmaps", "n/o05");
};

/** As `kill -9` leaves it: with a log that nobody closed. */
function killed(store: Store): { main: Buffer; log: Buffer } {
  const copy = join(folder, "copy");
  for (const end of ["", "-wal"]) copyFileSync(path + end, copy + end);
  store.close();
  for (const end of ["", "-wal"]) copyFileSync(copy + end, path + end);
  return { main: readFileSync(path), log: readFileSync(`${path}-wal`) };
}

/** A store whose main file holds what was first, and whose log what was second. */
function killedStore(): { expected: Record<string, string>; revision: number; main: Buffer; log: Buffer } {
  const first = open();
  write(first, "first");
  first.close();
  const store = open();
  write(store, "second");
  const [expected, { revision }] = [contents(store), store];
  return { expected, revision, ...killed(store) };
}

function flip(file: string, at: number): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.from([readFileSync(file)[at]! ^ 0xff]), 0, 1, at);
  closeSync(handle);
}

function refusal(): MoorageError {
  try {
    open().close();
  } catch (error) {
    if (error instanceof MoorageError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

it("a log that somebody still writes is not taken for a damaged one, and one that stays as it is for one", () => {
  const { log } = killedStore();
  const middle = Math.floor(log.length / 2);
  flip(`${path}-wal`, middle);
  const looks: number[] = [];
  const written = lastingLogDamage(path, () => {
    looks.push(looks.length);
    // The first half of a write was seen; by now another write is on its way, then all is there.
    if (looks.length === 1) flip(`${path}-wal`, middle - 8240);
    else writeFileSync(`${path}-wal`, log);
  });
  expect(written).toBeUndefined();
  expect(looks).toHaveLength(2);

  flip(`${path}-wal`, middle);
  expect(lastingLogDamage(path, () => {})).toMatch(/is damaged at byte \d+/);
});

it("the end of a transaction that a kill cut short, behind what later starts wrote over its beginning, is no damage", () => {
  killedStore();
  const log = `${path}-wal`;
  const wholeBefore = statSync(log).size;
  const large = open();
  large.put("configmaps", "n/large", object("large", "cut short".repeat(100)));
  killed(large);
  const frame = 24 + 4096;
  expect((statSync(log).size - wholeBefore) / frame).toBeGreaterThan(4);
  // The header of its last frame came to be written, and its page did not.
  truncateSync(log, statSync(log).size - 4096 + 100);
  writeFileSync(log, Buffer.alloc(3996), { flag: "a" });

  const small = open();
  small.put("configmaps", "n/o01", object("o01", "after the kill"));
  const expected = contents(small);
  killed(small);
  const after = open();
  expect(contents(after)).toEqual(expected);
  expect(expected["n/o02"]).toContain("second");
  after.close();
});

describe("the journal's format", () => {
  it("is brought from an older version to this one, with everything in it", () => {
    const database = new DatabaseSync(path);
    database.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE object (collection TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (collection, key)) WITHOUT ROWID;
      CREATE TABLE revision (only INTEGER PRIMARY KEY CHECK (only = 1), newest INTEGER NOT NULL);
      INSERT INTO revision VALUES (1, 41);
      PRAGMA user_version = 1;`);
    const kept = JSON.stringify({ ...object("old", "x"), metadata: { name: "old", resourceVersion: "40" } });
    database.prepare("INSERT INTO object VALUES (?, ?, ?, ?)").run("configmaps", "n/old", 40, kept);
    database.close();
    for (const _start of ["migrating", "migrated"]) {
      const store = open();
      expect(contents(store)).toEqual({ "n/old": kept });
      expect(store.revision).toBe(41);
      store.close();
    }
    flip(path, readFileSync(path).indexOf("x x x x"));
    expect(refusal().message).toContain("configmaps n/old");
  });

  it("of a newer version is refused, with what to do, and stays as it is", () => {
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE object (something TEXT); PRAGMA user_version = 99");
    database.close();
    const before = readFileSync(path);
    const { message, hint } = refusal();
    expect(message).toMatch(/newer Moorage \(format 99/);
    expect(hint).toContain("Use that version");
    expect(() => salvageJournal(path)).toThrow(/newer Moorage/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it.each([
    ["a text", () => writeFileSync(path, "these are no objects\n".repeat(500))],
    ["a short text", () => writeFileSync(path, "x")],
    [
      "the database of another program",
      () => {
        const database = new DatabaseSync(path);
        database.exec("CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('Suzanne')");
        database.close();
      },
    ],
  ])("is missed in %s, which stays as it is", (_what, make) => {
    make();
    const before = readFileSync(path);
    const { message, hint, location } = refusal();
    expect(message).toContain("something else than the objects of a sandbox");
    expect(hint).toContain("Move it away");
    expect(location.file).toBe(path);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is made in a file that is empty, and the log of one that was removed does not come back", () => {
    writeFileSync(path, "");
    const store = open();
    write(store, "first");
    killed(store);
    rmSync(path);
    const empty = open();
    expect(empty.list("configmaps")).toEqual([]);
    empty.close();
  });

  it("is used by one process at a time, until that is gone, however it went", async () => {
    const module = new URL("sqliteJournal.ts", import.meta.url).href;
    const line = `import(${JSON.stringify(module)}).then(({ sqliteJournal }) => {
      const journal = sqliteJournal(${JSON.stringify(path)});
      setInterval(() => journal, 1000);
      console.log("open");
    });`;
    const other = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "-e", line], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    const { message, hint } = refusal();
    expect(message).toContain("Another process uses");
    expect(hint).toContain("runs over this folder already");
    other.kill("SIGKILL");
    open().close();
  });
});

describe("a damaged journal", () => {
  it("whose log was cut anywhere shows one moment of what was written, and everything before it", () => {
    const { main, log, revision } = killedStore();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: log.length - 1 }), (length) => {
        writeFileSync(path, main);
        writeFileSync(`${path}-wal`, log.subarray(0, length));
        const store = open();
        // Object after object turned from the first to the second text, in order; then one was deleted.
        const turned = store.list("configmaps").map(({ json }) => (json.includes("second") ? 1 : 0));
        expect(turned.toSorted((a, b) => b - a)).toEqual(turned);
        expect(turned.length).toBeGreaterThanOrEqual(names.length - 1);
        expect(store.revision).toBeLessThan(revision);
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  /** What is found when one byte of a file is another one. */
  function withChangedByte(file: string, bytes: Buffer, at: number): Record<string, string> | MoorageError {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0xff;
    writeFileSync(file, changed);
    try {
      const store = open();
      const found = contents(store);
      store.close();
      return found;
    } catch (error) {
      if (!(error instanceof MoorageError)) throw error;
      // Who is refused finds everything as it was.
      return readFileSync(file).equals(changed) ? error : new MoorageError("StorageFailed", "it was changed");
    }
  }

  it("in whose log something was rolled back is as good as ever", () => {
    const store = open();
    write(store, "first");
    const expected = contents(store);
    store.close();
    // A transaction that does not fit into memory goes into the log before its end; when the disk is full, it never ends.
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA cache_size = 10; UPDATE revision SET only = 1; BEGIN");
    const put = database.prepare("INSERT INTO object VALUES ('x', ?, 1, ?, 0)");
    for (let at = 0; at < 100; at += 1) put.run(String(at), "y".repeat(20_000));
    database.exec("ROLLBACK; UPDATE revision SET only = 1");
    const frames = statSync(`${path}-wal`).size / 4120;
    for (const end of ["", "-wal"]) copyFileSync(path + end, `${path}.copy${end}`);
    database.close();
    for (const end of ["", "-wal"]) copyFileSync(`${path}.copy${end}`, path + end);
    expect(frames).toBeGreaterThan(100);
    const again = open();
    expect(contents(again)).toEqual(expected);
    again.close();
  });

  it("with any changed byte in its log is refused, and names where; or nothing is missing", () => {
    const { main, log, expected } = killedStore();
    let refused = 0;
    // Only the last frame can't be told from one that was cut short.
    const last = log.length - 4120;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: last - 1 }), (at) => {
        writeFileSync(path, main);
        const found = withChangedByte(`${path}-wal`, log, at);
        if (!(found instanceof MoorageError)) return isDeepStrictEqual(found, expected);
        refused += 1;
        const told = /-wal is damaged at byte \d+|the beginning of .*-wal is damaged/.test(found.message);
        return told && found.hint?.includes("moorage sandbox --salvage") === true;
      }),
      { numRuns: 80 },
    );
    expect(refused).toBeGreaterThan(60);
  });

  it("with any changed byte in its main file is refused, or nothing is missing", () => {
    const { expected } = killedStore();
    open().close();
    const main = readFileSync(path);
    let refused = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: main.length - 1 }), (at) => {
        rmSync(`${path}-wal`, { force: true });
        const found = withChangedByte(path, main, at);
        if (!(found instanceof MoorageError)) return isDeepStrictEqual(found, expected);
        refused += 1;
        return /damaged|something else|newer|cannot be read/.test(found.message);
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  it("that was cut, or emptied beside its log, is refused", () => {
    const { main } = killedStore();
    const store = open();
    store.close();
    truncateSync(path, Math.floor(main.length / 2));
    expect(refusal().message).toContain("damaged");
    for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
    killedStore();
    truncateSync(path, 0);
    expect(refusal().message).toContain("is empty, but its log");
  });

  it("gives what can be read of it, and stays beside", () => {
    const { expected, revision } = killedStore();
    open().close();
    flip(path, readFileSync(path).indexOf("second", readFileSync(path).indexOf('"name":"o17"')));
    const damagedFile = readFileSync(path);
    const salvage = salvageJournal(path);
    expect(salvage).toMatchObject({ kept: Object.keys(expected).length - 1, damaged: ["configmaps n/o17"] });
    expect(readFileSync(salvage!.aside).equals(damagedFile)).toBe(true);
    const store = open();
    const { "n/o17": _lost, ...rest } = expected;
    expect(contents(store)).toEqual(rest);
    expect(store.revision).toBeGreaterThan(revision);
    store.close();
    expect(salvageJournal(path)).toBeUndefined();
    expect(existsSync(`${path}.salvage`) || existsSync(`${path}.new`)).toBe(false);
  });

  it("gives what stands before the damage in its log", () => {
    const { log, main } = killedStore();
    flip(`${path}-wal`, Math.floor(log.length / 2));
    const salvage = salvageJournal(path);
    expect(salvage?.kept).toBeGreaterThanOrEqual(names.length - 1);
    const store = open();
    const seconds = store.list("configmaps").filter(({ json }) => json.includes("second")).length;
    expect(seconds).toBeGreaterThan(5);
    expect(seconds).toBeLessThan(35);
    store.close();
    expect(statSync(salvage!.aside).size).toBe(main.length);
    expect(existsSync(`${salvage!.aside}-wal`)).toBe(true);
  });
});
