import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, TestPlatform, type Deployed } from "./TestPlatform.ts";

const namespace = "everything";
const dev = "everything-dev";
let lab: TestPlatform;
let first: Deployed;

interface Given {
  readonly env: Record<string, string>;
  readonly files: Record<string, string>;
}
const given = async (): Promise<Given> =>
  JSON.parse((await lab.ask("api.everything.localhost", "/given")).body) as Given;
const ledger = async (): Promise<string[]> =>
  (await lab.ask("api.everything.localhost", "/ledger")).body.split("\n").filter((line) => line !== "");

beforeAll(async () => {
  lab = TestPlatform.make("everything");
  lab.environment["LAB_MAIL_PASSWORD"] = "p@ss/word-of-mail";
  lab.write(".env", "TOKEN=token-number-one\nQUEUE_KEY=queue-number-one\n");
  await lab.start();
  first = await lab.deploy("dev");
}, 120_000);
afterAll(async () => await lab.close());

it("deploys every kind of component and waits until all are ready", () => {
  expect(first.status).toBe("deployed");
  expect(first.failures).toEqual([]);
  expect(lab.logged).toEqual([]);
});

it("writes nothing the second time", async () => {
  lab.writes.length = 0;
  const second = await lab.deploy("dev");
  expect(second.status).toBe("unchanged");
  expect(lab.writes).toEqual([]);
});
