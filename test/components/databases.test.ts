import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPostgres, findProgram } from "../../src/sandbox/node/builtins/findProgram.ts";
import { eventually, TestPlatform } from "./TestPlatform.ts";

const path = process.env["PATH"] ?? "";
const psql = spawnSync("psql", ["--version"]).status === 0;
const hasPostgres = psql && findPostgres(path) !== undefined;
const hasRedis = findProgram("redis-server", path) !== undefined;
if (!hasPostgres) console.warn("skipped: PostgreSQL and psql are not installed");
if (!hasRedis) console.warn("skipped: redis-server is not on the PATH");

let lab: TestPlatform;
beforeEach(async () => {
  lab = TestPlatform.make("databases");
  await lab.start();
});
afterEach(async () => await lab.close());

/** The answer, once its program runs again. */
const ask = (component: string, question: string, at = "/"): Promise<string> =>
  eventually(`an answer of ${component}`, async () => {
    const { status, body } = await lab.ask(`${component}.databases.localhost`, at, question);
    return status === 200 && body;
  });

describe.skipIf(!hasPostgres)("postgres", () => {
  it("is reached by its URL, as its user, and keeps its data and password over a restart of the sandbox", async () => {
    await lab.deploy("db");
    const who = "SELECT current_user, current_database(), current_setting('max_connections');";
    expect(await ask("asker", who)).toBe("curator|cases|20");
    await ask("asker", "CREATE TABLE cases (id int); INSERT INTO cases VALUES (7), (11); SELECT 1;");

    await lab.stop();
    await lab.start();
    expect(await ask("asker", "SELECT sum(id) FROM cases;")).toBe("18");
    lab.writes.length = 0;
    expect((await lab.deploy("db")).status).toBe("unchanged");
    expect(lab.writes).toEqual([]);
  });
});

describe.skipIf(!hasRedis)("redis", () => {
  it("with storage keeps its data over a restart of the sandbox, without it starts empty; a password is demanded", async () => {
    await lab.deploy("redis");
    expect(await ask("keeper", "SET colour green", "/broker")).toMatch(/^\+OK \+OK \+OK/u);
    expect(await ask("keeper", "SET colour red", "/cache")).toMatch(/^\+OK \+OK/u);

    await lab.stop();
    await lab.start();
    await eventually("the broker", async () =>
      (await ask("keeper", "GET colour", "/broker")).includes("green"),
    );
    await eventually("the cache", async () => (await ask("keeper", "GET colour", "/cache")).includes("$-1"));
    lab.writes.length = 0;
    expect((await lab.deploy("redis")).status).toBe("unchanged");
    expect(lab.writes).toEqual([]);
  });
});
