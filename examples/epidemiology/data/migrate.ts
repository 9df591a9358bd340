// The migration job: brings the file's schema up to date, and loads the line list into an empty one. May run again at any time.
import { migrations, openDatabase } from "./database.ts";
import { makeLineList } from "./lineList.ts";

const database = openDatabase();
const version = (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

for (const [index, statements] of migrations.entries()) {
  if (index < version) continue;
  database.exec(`BEGIN IMMEDIATE; ${statements}; PRAGMA user_version = ${index + 1}; COMMIT`);
  console.log(`migration ${index + 1} of ${migrations.length} done`);
}

const { total } = database.prepare("SELECT count(*) AS total FROM cases").get() as { total: number };
if (total === 0) {
  const insert = database.prepare(
    "INSERT INTO cases (id, onset, confirmed, region, district, age, sex, outcome, source, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const list = makeLineList();
  database.exec("BEGIN IMMEDIATE");
  for (const c of list) {
    insert.run(c.id, c.onset, c.confirmed, c.region, c.district, c.age, c.sex, c.outcome, c.source, c.notes);
  }
  database.exec("COMMIT");
  console.log(`loaded ${list.length} cases`);
} else {
  console.log(`${total} cases are there already`);
}
database.close();
