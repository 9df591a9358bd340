import type { Duplex } from "node:stream";

/** Lets two ends talk until both are done; each may end its half first. Resolves when that is so, or one of them broke off. */
export function joinStreams(client: Duplex, upstream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    upstream.on("error", () => upstream.destroy());
    client.once("close", () => {
      upstream.destroy();
      resolve();
    });
    upstream.once("close", () => {
      client.unpipe(upstream);
      client.resume();
      // What it had said before is still on its way; a half that broke off never comes to its end.
      if (upstream.readableEnded) client.end();
      else client.destroy();
      resolve();
    });
    client.pipe(upstream);
    upstream.pipe(client);
    if (client.destroyed) upstream.destroy();
  });
}
