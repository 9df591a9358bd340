// The curator: the web page, and the part of the data service's API that it may use.
import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

const data = process.env.DATA_URL ?? "http://127.0.0.1:8081";
const title = process.env.TITLE ?? "Line list";
const pages = join(import.meta.dirname, "public");
const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const allowed = [
  { method: "GET", path: /^\/(cases|summary)$/ },
  { method: "GET", path: /^\/cases\/\d+$/ },
  { method: "PATCH", path: /^\/cases\/\d+$/ },
] as const;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > 65_536) throw new Error("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  search: string,
): Promise<void> {
  const method = request.method ?? "GET";
  if (!allowed.some((rule) => rule.method === method && rule.path.test(path))) {
    response.writeHead(404).end();
    return;
  }
  const body = method === "GET" ? undefined : new Uint8Array(await readBody(request));
  const ask = (): Promise<Response> =>
    fetch(`${data}${path}${search}`, { method, headers: { "content-type": "application/json" }, body });
  const answer = await ask().catch((error: unknown) => {
    // A connection that is kept open ends with the program that it leads to: a rollout. A question can be asked again.
    if (method !== "GET") throw error;
    return ask();
  });
  response.writeHead(answer.status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function serveFile(response: ServerResponse, path: string): void {
  const name = path === "/" ? "index.html" : path.slice(1);
  const file = join(pages, name);
  if (!/^[a-z.]+$/.test(name) || !existsSync(file)) {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is no such page.\n");
    return;
  }
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "application/octet-stream",
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; style-src 'self'",
  });
  createReadStream(file).pipe(response);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://curator");
  if (url.pathname === "/healthz") response.writeHead(200).end("ok");
  else if (url.pathname === "/settings") {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ title }));
  } else if (url.pathname.startsWith("/api/")) {
    passOn(request, response, url.pathname.slice(4), url.search).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(502, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: "The data service does not answer." }));
    });
  } else serveFile(response, url.pathname);
});

server.listen(Number(process.env.PORT ?? 8080), () =>
  console.log(`curator is listening, data is at ${data}`),
);
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
