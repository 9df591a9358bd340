import { createServer } from "node:net";

/** Below those that systems hand out for outgoing connections, and those that sandboxes give out: nobody takes one before its program does. */
const first = 10_000;
const last = 19_999;

/** Different TCP ports of 127.0.0.1 that were free a moment ago, for programs that can't be given port 0. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
