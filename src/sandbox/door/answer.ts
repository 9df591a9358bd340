import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { absencePage } from "./absencePage.ts";
import type { DoorContext } from "./DoorContext.ts";
import { forward } from "./forward.ts";
import { forwardUpgrade } from "./forwardUpgrade.ts";
import { pageOf, sendPage, textOf } from "./pages.ts";
import { processesOf } from "./processesOf.ts";
import { route } from "./route.ts";

/** Answers a request by the process that a rule leads to, or by a page that says why not. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: DoorContext,
): Promise<void> {
  const routed = route(request, context);
  if ("location" in routed)
    return void response.writeHead(routed.status, { location: routed.location }).end();
  if ("code" in routed) return sendPage(request, response, routed);
  const { found, backend, path, headers } = routed;
  let failure: Error | undefined;
  for await (const port of processesOf(backend, context)) {
    if (response.destroyed) return;
    const result = await forward(request, response, { port, path, headers, rule: found.rule });
    if (result.outcome === "done") return;
    failure = result.error;
    if (failure.message === "timeout")
      return sendPage(request, response, pageOf(504, "timeout", "The program took too long to answer."));
    if (result.outcome === "failed") break;
  }
  sendPage(request, response, await absencePage(backend, failure, context));
}

/** The same for a connection that asks to become something else, a websocket most often. */
export async function answerUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  context: DoorContext,
): Promise<void> {
  const routed = route(request, context);
  if ("path" in routed) {
    for await (const port of processesOf(routed.backend, context)) {
      if (socket.destroyed) return;
      if (await forwardUpgrade(request, socket, head, { port, path: routed.path, headers: routed.headers }))
        return;
    }
  }
  const refusal = "code" in routed ? routed : pageOf(503, "starting", "Nobody answers here yet.");
  const body = textOf(refusal);
  const start = `HTTP/1.1 ${refusal.status} ${refusal.code}\r\ncontent-type: text/plain; charset=utf-8`;
  socket.end(`${start}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
