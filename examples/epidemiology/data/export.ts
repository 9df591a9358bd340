// The nightly export: the whole line list as CSV beside the database, one file a day.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "./database.ts";

const folder = process.env.EXPORTS ?? "./exports";
const columns = [
  "id",
  "onset",
  "confirmed",
  "region",
  "district",
  "age",
  "sex",
  "outcome",
  "source",
  "notes",
] as const;

/** RFC 4180: quoted where a comma, a quote or a line break demands it. */
const cell = (value: string | number | null | undefined): string => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const database = openDatabase();
const rows = database.prepare(`SELECT ${columns.join(", ")} FROM cases ORDER BY id`).all() as Record<
  string,
  string | number | null
>[];
const csv = [
  columns.join(","),
  ...rows.map((row) => columns.map((column) => cell(row[column])).join(",")),
].join("\r\n");
mkdirSync(folder, { recursive: true });
const target = join(folder, `cases-${new Date().toISOString().slice(0, 10)}.csv`);
// Readers never see half a file.
writeFileSync(`${target}.part`, `${csv}\r\n`);
renameSync(`${target}.part`, target);
console.log(`exported ${rows.length} cases`);
database.close();
