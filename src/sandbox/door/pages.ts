import type { IncomingMessage, ServerResponse } from "node:http";

/** What the door itself says, in the form that was asked for. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly lines: readonly string[];
  /** Links, shown as a list. */
  readonly links?: readonly string[];
  /** Last lines of a log. */
  readonly log?: string;
  /** Seconds; sent as Retry-After, and HTML reloads itself. */
  readonly retryAfter?: number;
  /** For programs: `starting`, `no-such-host`, ... */
  readonly code: string;
}

/** A page of the door itself, in one line. */
export const pageOf = (
  status: number,
  code: string,
  title: string,
  lines: string[] = [],
  more: Partial<Page> = {},
): Page => ({
  status,
  code,
  title,
  lines,
  ...more,
});

/** Answers as HTML, JSON or plain text, by the request's Accept. */
export function sendPage(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const [type, body] = formOf(request.headers.accept, page);
  response.writeHead(page.status, {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(type === "text/html"
      ? { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'" }
      : {}),
    ...(page.retryAfter === undefined ? {} : { "retry-after": String(page.retryAfter) }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function formOf(accept: string | undefined, page: Page): [string, string] {
  if (accept?.includes("text/html")) return ["text/html", htmlOf(page)];
  if (accept?.includes("application/json")) {
    const { code, title, lines, links, log } = page;
    return [
      "application/json",
      `${JSON.stringify({ [page.status < 400 ? "page" : "error"]: code, message: title, details: lines, links, log })}\n`,
    ];
  }
  return ["text/plain", textOf(page)];
}

export const textOf = (page: Page): string =>
  `${[page.title, ...page.lines, ...(page.links ?? []).map((link) => `  ${link}`), ...(page.log ? ["", page.log] : [])].join("\n")}\n`;

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);

const htmlOf = (page: Page): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
${page.retryAfter === undefined ? "" : `<meta http-equiv="refresh" content="${page.retryAfter}">`}
<title>${escapeHtml(page.title)}</title>
<style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:min(12vh,5rem) auto;padding:0 1.5rem;overflow-wrap:anywhere}
h1{font-size:1.4rem}ul{padding-left:1.2rem}
pre{white-space:pre-wrap;padding:1rem;border:1px solid #8886;border-radius:.4rem;font-size:.85rem}
small{opacity:.7}
</style></head><body>
<h1>${escapeHtml(page.title)}</h1>
${page.lines.map((line) => `<p>${escapeHtml(line)}</p>`).join("\n")}
${page.links?.length ? `<ul>${page.links.map((link) => `<li><a href="${escapeHtml(link)}">${escapeHtml(link)}</a></li>`).join("")}</ul>` : ""}
${page.log ? `<pre>${escapeHtml(page.log)}</pre>` : ""}
<p><small>Moorage, development front door${page.retryAfter === undefined ? "" : ": this page reloads itself"}</small></p>
</body></html>
`;
