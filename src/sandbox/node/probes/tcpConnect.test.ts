import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { tcpConnect } from "./runProbe.ts";

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

// A server that greets was reset by the look for its port, and a program that does not expect that died of it.
it("ends a connection in order, also when the program greets", async () => {
  const ended: (string | undefined)[] = [];
  const server = createServer((socket: Socket) => {
    socket.on("error", (error) => ended.push(error.message));
    socket.on("end", () => ended.push(undefined));
    socket.end("welcome aboard\n".repeat(1_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  for (let tries = 0; tries < 20; tries += 1)
    await tcpConnect(port, "127.0.0.1", new AbortController().signal);
  await expect.poll(() => ended.length).toBe(20);
  expect(ended.filter((message) => message !== undefined)).toEqual([]);
});
