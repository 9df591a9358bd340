import { expect, it } from "vitest";
import { createApiServer } from "../api/index.ts";
import { administrator, anonymous, type User } from "../api/ApiRequest.ts";
import { inProcessTransport } from "../api/inProcessTransport.ts";
import { drivenClock } from "../drivenClock.ts";
import { advanceClock, readClock } from "./advanceClock.ts";
import { serveTime } from "./serveTime.ts";
import type { SandboxTime } from "./SandboxTime.ts";
import { TimePasser } from "./TimePasser.ts";

const clock = drivenClock(Date.parse("2026-03-02T08:00:00Z"));
const real: SandboxTime = { clock, apiClock: clock, nodeClock: clock };
const passer = new TimePasser({ clock, revision: () => 0 });
const driven: SandboxTime = {
  ...real,
  driven: {
    passer,
    async advance(milliseconds) {
      await passer.pass(milliseconds);
      return clock.now();
    },
  },
};
const transport = (time: SandboxTime, user: User = administrator) => {
  const api = createApiServer();
  return inProcessTransport(
    async (request) => (await serveTime(request, time)) ?? (await api.handle(request)),
    user,
  );
};

it("lets time pass, one advance after the other, and tells what time it then is", async () => {
  const to = transport(driven);
  expect(await readClock(to)).toEqual({ now: "2026-03-02T08:00:00Z", driven: true });
  const woken: number[] = [];
  void clock.sleep(90_000).then(() => woken.push(clock.now()));
  const both = await Promise.all([advanceClock(to, 60_000), advanceClock(to, 240_000)]);
  expect(both.map(({ now }) => now)).toEqual(["2026-03-02T08:01:00Z", "2026-03-02T08:05:00Z"]);
  expect(woken).toEqual([Date.parse("2026-03-02T08:01:30Z")]);
});

it.each([
  ["the machine's time", real, administrator, 1000, "Unsupported", /start it with --clock driven/],
  ["anybody who asks", driven, anonymous, 1000, "Forbidden", /only the administrator/],
  ["time going back", driven, administrator, -1000, "Usage", /expected \{"advance": MILLISECONDS\}/],
  ["a century", driven, administrator, 1e14, "Usage", /366 days/],
  ["no number", driven, administrator, Number.NaN, "Usage", /MILLISECONDS/],
])("refuses %s", async (_what, time, user, milliseconds, code, message) => {
  const before = clock.now();
  await expect(advanceClock(transport(time, user), milliseconds)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as unknown,
  });
  expect(clock.now()).toBe(before);
});

it("says of a server that knows nothing of it that it is no sandbox", async () => {
  const api = createApiServer();
  await expect(readClock(api.transport())).rejects.toMatchObject({
    code: "Unsupported",
    message: expect.stringContaining("no sandbox") as unknown,
  });
  await api.close();
});
