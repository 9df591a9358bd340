import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { sqliteJournal } from "./sqliteJournal.ts";
import { Store } from "./Store.ts";

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "moorage-store-"));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const object = (name: string, value = 0): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n" },
  data: { value: String(value) },
});

const steps = fc.array(
  fc.record({ name: fc.constantFrom("a", "b", "c", "d"), remove: fc.boolean(), value: fc.nat(5) }),
  { maxLength: 40 },
);

test("answers for every revision of its history what it would have answered then", () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 50 }),
      fc.nat(5000),
      (writes, historyLength, historySize) => {
        const store = new Store({ historyLength, historySize });
        const seen = new Map<number, string[]>();
        const note = (): unknown =>
          seen.set(
            store.revision,
            store.list("configmaps").map(({ json }) => json),
          );
        note();
        for (const { name, remove, value } of writes) {
          if (remove) store.delete("configmaps", `n/${name}`);
          else store.put("configmaps", `n/${name}`, object(name, value));
          note();
        }
        for (const [revision, then] of seen) {
          // What is forgotten is said to be, never made up.
          const known = store.since("configmaps", revision) !== undefined;
          expect(store.listAt("configmaps", revision)?.map(({ json }) => json)).toEqual(
            known ? then : undefined,
          );
        }
      },
    ),
  );
});

test("forgets the history of large objects sooner, and says so", () => {
  const store = new Store({ historySize: 100_000 });
  const large = (): KubeObject => ({ ...object("large"), data: { value: "x".repeat(10_000) } });
  const first = store.put("configmaps", "n/large", large()).revision;
  for (let i = 0; i < 100; i += 1) store.put("configmaps", "n/large", large());
  expect(store.since("configmaps", first)).toBeUndefined();
  expect(store.since("configmaps", store.revision - 9)).toHaveLength(9);
  expect(store.since("configmaps", store.revision - 15)).toBeUndefined();
});

test("tells by its events everything that its lists show", () => {
  fc.assert(
    fc.property(steps, fc.nat(40), (writes, from) => {
      const store = new Store();
      const followed = new Map<string, string>();
      for (const [index, { name, remove, value }] of writes.entries()) {
        if (index === from) for (const { key, json } of store.list("configmaps")) followed.set(key, json);
        if (index === from)
          store.subscribe("configmaps", ({ type, stored }) => {
            if (type === "DELETED") followed.delete(stored.key);
            else followed.set(stored.key, stored.json);
          });
        if (remove) store.delete("configmaps", `n/${name}`);
        else store.put("configmaps", `n/${name}`, object(name, value));
      }
      const there = from < writes.length ? store.list("configmaps") : [];
      expect([...followed.entries()].toSorted(([x], [y]) => (x < y ? -1 : 1))).toEqual(
        there.map(({ key, json }) => [key, json]),
      );
    }),
  );
});

test("finds after a restart what was there, and never gives a revision twice", () => {
  const path = join(temporaryFolder(), "objects.sqlite");
  const first = new Store({ journal: sqliteJournal(path) });
  first.put("configmaps", "n/a", object("a", 1));
  first.put("configmaps", "n/b", object("b"));
  first.put("configmaps", "n/a", object("a", 2));
  first.delete("configmaps", "n/b");
  const { revision } = first;
  first.close();
  const second = new Store({ journal: sqliteJournal(path) });
  expect(second.list("configmaps").map(({ object: { metadata, data } }) => [metadata.name, data])).toEqual([
    ["a", { value: "2" }],
  ]);
  expect(second.revision).toBe(revision);
  expect(second.since("configmaps", revision - 1)).toBeUndefined();
  expect(second.since("configmaps", revision)).toEqual([]);
  second.close();
});

test("loses nothing that was acknowledged when it is killed", async () => {
  const path = join(temporaryFolder(), "objects.sqlite");
  const program = `
    import { sqliteJournal } from ${JSON.stringify(new URL("sqliteJournal.ts", import.meta.url).href)};
    import { Store } from ${JSON.stringify(new URL("Store.ts", import.meta.url).href)};
    const store = new Store({ journal: sqliteJournal(${JSON.stringify(path)}) });
    for (let i = 0; ; i++) {
      store.put("configmaps", "n/" + i, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: String(i) } });
      if (i > 0) store.delete("configmaps", "n/" + (i - 1));
      process.stdout.write(store.revision + "\\n");
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }`;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let acknowledged = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    acknowledged = Number(line);
    if (acknowledged > 2000) child.kill("SIGKILL");
  });
  await once(child, "close");
  const store = new Store({ journal: sqliteJournal(path) });
  expect(store.revision).toBeGreaterThanOrEqual(acknowledged);
  // One object at every acknowledged moment; two between a put and the deletion of the one before.
  expect([1, 2]).toContain(store.count("configmaps"));
  store.close();
});

test("says in words that a file was written by a newer version", () => {
  const path = join(temporaryFolder(), "objects.sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => sqliteJournal(path)).toThrow(/newer Moorage \(format 99/);
});

test("says in words that its folder is not there", () => {
  expect(() => sqliteJournal(join(temporaryFolder(), "nowhere", "objects.sqlite"))).toThrow(/cannot be read/);
});
