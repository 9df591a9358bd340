/**
 * A program: serves the files of its working folder on 127.0.0.1:$PORT. `STATIC_FALLBACK` is the page to serve where there is none.
 * The only file of this room that reads its environment: it runs as a process of its own.
 */
import { createReadStream, realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { nodeHttp } from "../../nodeHttp.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".geojson": "application/geo+json",
  ".txt": "text/plain; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".xml": "application/xml",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".pdf": "application/pdf",
  ".webmanifest": "application/manifest+json",
};

const root = process.cwd();
const fallback = process.env["STATIC_FALLBACK"];

/** The file behind a path; undefined when there is none, or it would lie elsewhere. */
async function fileOf(
  path: string,
): Promise<{ file: string; size: number; time: Date } | { redirect: true } | undefined> {
  const file = join(root, path);
  if (path.includes("\0") || (file !== root && !file.startsWith(root.endsWith(sep) ? root : root + sep)))
    return undefined;
  try {
    // Links of a mounted volume lead into it; a link out of the folder is the owner's own doing.
    const found = await stat(realpathSync(file));
    if (found.isFile()) return path.endsWith("/") ? undefined : { file, size: found.size, time: found.mtime };
    if (!path.endsWith("/")) return { redirect: true };
    const index = join(file, "index.html");
    const page = await stat(index);
    return { file: index, size: page.size, time: page.mtime };
  } catch {
    return undefined;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const url = new URL(request.url ?? "/", "http://localhost");
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    response.writeHead(400).end();
    return;
  }
  const found = await fileOf(path);
  if (found !== undefined && "redirect" in found) {
    response.writeHead(301, { location: `${url.pathname.replace(/^\/+/, "/")}/${url.search}` }).end();
    return;
  }
  const page = found ?? (fallback === undefined ? undefined : await fileOf(fallback));
  if (page === undefined || "redirect" in page) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("404 Not Found\n");
    return;
  }
  const tag = `"${page.size.toString(16)}-${page.time.getTime().toString(16)}"`;
  const headers = {
    "content-type": types[extname(page.file).toLowerCase()] ?? "application/octet-stream",
    "content-length": page.size,
    "last-modified": page.time.toUTCString(),
    "cache-control": "no-cache",
    etag: tag,
  };
  if (request.headers["if-none-match"] === tag) {
    response.writeHead(304, { etag: tag, "cache-control": "no-cache" }).end();
    return;
  }
  response.writeHead(200, headers);
  if (request.method === "HEAD") response.end();
  else
    createReadStream(page.file)
      .once("error", () => response.destroy())
      .pipe(response);
}

const server = nodeHttp.createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen({ port: Number(process.env["PORT"] ?? 8080), host: "127.0.0.1" }, () => {
  console.log(`serving ${root}`);
});
process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
