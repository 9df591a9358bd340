import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import type { RouteRule } from "../../routing/index.ts";
import { forward, type Forwarded } from "./forward.ts";

async function listening(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

// A route's timeout of thirty days, more than a timer can have, was over after a millisecond.
it.each([
  ["a second more than a machine's longest timer", 2 ** 31 + 1000, { outcome: "done" }, "hello"],
  ["a millisecond", 1, { outcome: "retry", error: new Error("timeout") }, "too late"],
])("gives a program the time of its route: %s", async (_what, timeout, expected, text) => {
  let outcome: Forwarded | undefined;
  const program = await listening((_request, response) => {
    setTimeout(() => response.end("hello"), 100);
  });
  const rule = { timeout, headers: [], query: [], backends: [] } as unknown as RouteRule;
  const door = await listening((request, response) => {
    void forward(request, response, {
      port: program.port,
      path: "/",
      headers: { host: "program" },
      rule,
    }).then((result) => {
      outcome = result;
      if (result.outcome !== "done") response.end("too late");
    });
  });
  try {
    const answer = await fetch(`http://127.0.0.1:${door.port}/`);
    expect(await answer.text()).toBe(text);
    await expect.poll(() => outcome).toEqual(expected);
  } finally {
    for (const { server } of [program, door]) {
      server.closeAllConnections();
      server.close();
    }
  }
});
