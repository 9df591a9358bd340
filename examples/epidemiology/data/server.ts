// The data service: a small JSON API over the line list.
//   GET   /cases?q=&region=&outcome=&sex=&from=&to=&limit=&offset=   {total, cases}
//   GET   /cases/7       one case, with its edits
//   PATCH /cases/7       {revision, ...fields}; 409 when somebody else was quicker
//   GET   /summary?...   counts by week and by region, for the same filters
//   GET   /healthz
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { SQLInputValue } from "node:sqlite";
import { openDatabase } from "./database.ts";

const database = openDatabase();
const editable = {
  onset: (value: unknown) => isDay(value),
  confirmed: (value: unknown) => value === null || isDay(value),
  age: (value: unknown) =>
    value === null || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 120),
  sex: (value: unknown) => ["female", "male", "unknown"].includes(value as string),
  outcome: (value: unknown) => ["recovered", "hospitalised", "died", "unknown"].includes(value as string),
  notes: (value: unknown) => typeof value === "string" && value.length <= 2_000,
} as const;

function isDay(value: unknown): boolean {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(value);
}

/** The WHERE clause of the filters that a query string asks for. */
function filtersOf(query: URLSearchParams): { where: string; values: SQLInputValue[] } {
  const parts: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (part: string, ...more: SQLInputValue[]): void => {
    parts.push(part);
    values.push(...more);
  };
  for (const column of ["region", "outcome", "sex"] as const) {
    const value = query.get(column);
    if (value) add(`${column} = ?`, value);
  }
  const from = query.get("from");
  if (from) add("onset >= ?", from);
  const to = query.get("to");
  if (to) add("onset <= ?", to);
  for (const word of (query.get("q") ?? "").split(/\s+/).filter((each) => each !== "")) {
    const pattern = `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    add(
      String.raw`(district LIKE ? ESCAPE '\' OR region LIKE ? ESCAPE '\' OR notes LIKE ? ESCAPE '\' OR source LIKE ? ESCAPE '\' OR CAST(id AS TEXT) = ?)`,
      pattern,
      pattern,
      pattern,
      pattern,
      word,
    );
  }
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, values };
}

class HttpProblem extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const whole = (text: string | null, fallback: number, most: number): number => {
  const number = Number(text ?? fallback);
  return Number.isInteger(number) && number >= 0 ? Math.min(number, most) : fallback;
};

function listCases(query: URLSearchParams): unknown {
  const { where, values } = filtersOf(query);
  const { total } = database.prepare(`SELECT count(*) AS total FROM cases ${where}`).get(...values) as {
    total: number;
  };
  const cases = database
    .prepare(`SELECT * FROM cases ${where} ORDER BY onset DESC, id DESC LIMIT ? OFFSET ?`)
    .all(...values, whole(query.get("limit"), 50, 500), whole(query.get("offset"), 0, 1_000_000));
  return { total, cases };
}

function summarise(query: URLSearchParams): unknown {
  const { where, values } = filtersOf(query);
  // Weeks begin on Monday, as ISO 8601 has them.
  const weeks = database
    .prepare(
      `SELECT date(onset, 'weekday 0', '-6 days') AS week, outcome, count(*) AS cases FROM cases ${where} GROUP BY week, outcome ORDER BY week`,
    )
    .all(...values);
  const regions = database
    .prepare(`SELECT region, count(*) AS cases FROM cases ${where} GROUP BY region ORDER BY cases DESC`)
    .all(...values);
  return { weeks, regions };
}

function oneCase(id: number): Record<string, unknown> {
  const found = database.prepare("SELECT * FROM cases WHERE id = ?").get(id);
  if (found === undefined) throw new HttpProblem(404, `There is no case ${id}.`);
  return {
    ...found,
    edits: database
      .prepare("SELECT at, field, before, after FROM edits WHERE case_id = ? ORDER BY id DESC")
      .all(id),
  };
}

function editCase(id: number, wanted: Record<string, unknown>): unknown {
  const { revision, ...fields } = wanted;
  const wrong = Object.entries(fields).filter(
    ([field, value]) => !(editable[field as keyof typeof editable]?.(value) ?? false),
  );
  if (wrong.length > 0)
    throw new HttpProblem(422, `Not a valid value for: ${wrong.map(([field]) => field).join(", ")}.`);
  database.exec("BEGIN IMMEDIATE");
  try {
    const before = oneCase(id);
    if (before.revision !== revision)
      throw new HttpProblem(409, "Somebody else has changed this case meanwhile.");
    const changed = Object.entries(fields).filter(([field, value]) => before[field] !== value) as [
      string,
      SQLInputValue,
    ][];
    if (changed.length > 0) {
      const text = (value: unknown): string | null => (value === null ? null : `${value as string | number}`);
      const record = database.prepare(
        "INSERT INTO edits (case_id, at, field, before, after) VALUES (?, ?, ?, ?, ?)",
      );
      const at = new Date().toISOString();
      for (const [field, value] of changed) record.run(id, at, field, text(before[field]), text(value));
      database
        .prepare(
          `UPDATE cases SET ${changed.map(([field]) => `${field} = ?`).join(", ")}, revision = revision + 1 WHERE id = ?`,
        )
        .run(...changed.map(([, value]) => value), id);
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  return oneCase(id);
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 65_536) throw new HttpProblem(413, "That is too large.");
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Told below, like every other body that is no object.
  }
  throw new HttpProblem(400, "The body must be a JSON object.");
}

async function answer(request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://data");
  if (url.pathname === "/healthz") {
    database.prepare("SELECT 1 FROM cases LIMIT 1").get();
    return { ok: true };
  }
  if (request.method === "GET" && url.pathname === "/cases") return listCases(url.searchParams);
  if (request.method === "GET" && url.pathname === "/summary") return summarise(url.searchParams);
  const id = /^\/cases\/(\d{1,9})$/.exec(url.pathname)?.[1];
  if (id !== undefined && request.method === "GET") return oneCase(Number(id));
  if (id !== undefined && request.method === "PATCH") return editCase(Number(id), await readJson(request));
  throw new HttpProblem(404, "There is nothing here.");
}

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(body));
  };
  answer(request).then(
    (body) => send(200, body),
    (error: unknown) => {
      if (!(error instanceof HttpProblem)) console.error(error);
      send(error instanceof HttpProblem ? error.status : 500, {
        error: error instanceof HttpProblem ? error.message : "Internal error",
      });
    },
  );
});

server.listen(Number(process.env.PORT ?? 8080), () => console.log("data is listening"));
process.on("SIGTERM", () => {
  // Answers what has been asked, then leaves.
  server.close(() => {
    database.close();
    process.exit(0);
  });
  server.closeIdleConnections();
});
