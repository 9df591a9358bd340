import { expect, it } from "vitest";
import { OutputTap } from "./OutputTap.ts";

const chunk = Buffer.from("x");
const settled = async (promise: void | Promise<void>): Promise<boolean> => {
  let done = false;
  void Promise.resolve(promise).then(() => (done = true));
  for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  return done;
};

it("lets the program go on at once when nobody is attached", () => {
  expect(new OutputTap().pass("stdout", chunk, undefined)).toBeUndefined();
});

it("holds the program back for the slowest, and for the log", async () => {
  const tap = new OutputTap();
  const slow = Promise.withResolvers<void>();
  const log = Promise.withResolvers<void>();
  const taken: string[] = [];
  tap.attach((stream) => void taken.push(stream));
  tap.attach(() => slow.promise);
  const passed = tap.pass("stderr", chunk, log.promise);
  expect(await settled(passed)).toBe(false);
  slow.resolve();
  expect(await settled(passed)).toBe(false);
  log.resolve();
  expect(await settled(passed)).toBe(true);
  expect(taken).toEqual(["stderr"]);
});

it("holds back neither the end of the program nor its last words", async () => {
  const tap = new OutputTap();
  let taken = 0;
  tap.attach(() => {
    taken++;
    return new Promise(() => {});
  });
  const passed = tap.pass("stdout", chunk, undefined);
  expect(await settled(passed)).toBe(false);
  tap.end();
  expect(await settled(passed)).toBe(true);
  expect(await settled(tap.pass("stdout", chunk, undefined))).toBe(true);
  expect(taken).toBe(2);
});

it("tells those nothing who have let go", () => {
  const tap = new OutputTap();
  let taken = 0;
  const letGo = tap.attach(() => void taken++);
  letGo();
  void tap.pass("stdout", chunk, undefined);
  expect(taken).toBe(0);
});
