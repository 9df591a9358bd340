import { expect, test } from "vitest";
import { cronScheduleProblem } from "./cronScheduleProblem.ts";

// What a kube-apiserver takes and refuses stands beside it in test/parity/cases.
test.each(["0 2 * JUL WED", "*/5 0-6 1,15 * mon-fri", "@daily", "@every 1h30m", "0 0 ? * *", "5/15 * * * *"])(
  "%s is a schedule",
  (schedule) => {
    expect(cronScheduleProblem(schedule)).toBeUndefined();
  },
);

test.each([
  ["30 2 * *", "expected exactly 5 fields, found 4: [30 2 * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["0 0 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["0 0 * * 7", "end of range (7) above maximum (6): 7"],
  ["30-10 * * * *", "beginning of range (30) beyond end of range (10): 30-10"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["0 0 L * *", 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'],
  ["@fortnightly", "unrecognized descriptor: @fortnightly"],
  ["@every soon", 'failed to parse duration @every soon: time: invalid duration "soon"'],
])("%s is none: %s", (schedule, problem) => {
  expect(cronScheduleProblem(schedule)).toBe(problem);
});
