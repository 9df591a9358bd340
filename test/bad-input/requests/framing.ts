import { configMap, configMaps, type BadRequest } from "../BadRequest.ts";

const raw = (
  what: string,
  text: string | Uint8Array,
  answer: string,
  more: Partial<BadRequest> = {},
): BadRequest => ({
  what,
  raw: text,
  answer,
  ...more,
});
const json = "Host: a\r\nContent-Type: application/json\r\n";
const post = `POST ${configMaps} HTTP/1.1\r\n`;
const get = `GET ${configMaps}/there HTTP/1.1\r\n`;
const body = (name: string): string => configMap(name);
const sized = (name: string, more = 0): string => `Content-Length: ${body(name).length + more}\r\n`;

/** The body ends too early: whether a real server sees that first, or that its client is gone, is a matter of chance. */
const cutOff = "500 without a reason or 504 text/plain or closed";

/** Requests that HTTP itself does not allow, or that two servers would cut differently. */
export const framing: readonly BadRequest[] = [
  raw(
    "a length and chunks",
    `${post}${json}${sized("f-both")}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /version HTTP/1.1\r\nHost: a\r\n\r\n`,
    "400 BadRequest",
  ),
  raw(
    "chunks and a length",
    `${post}${json}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    "400 BadRequest",
  ),
  raw(
    "two lengths",
    `${post}${json}${sized("f-two")}Content-Length: 4\r\n\r\n${body("f-two")}`,
    "400 text/plain",
  ),
  raw(
    "the same length twice",
    `${post}${json}${sized("f-same")}${sized("f-same")}\r\n${body("f-same")}`,
    "201 ConfigMap",
  ),
  raw("a negative length", `${post}${json}Content-Length: -1\r\n\r\n`, "400 text/plain"),
  raw("a length that is no number", `${post}${json}Content-Length: many\r\n\r\n`, "400 text/plain"),
  raw("a length with a plus", `${post}${json}Content-Length: +5\r\n\r\nhello`, "400 text/plain"),
  raw(
    "a length beyond all bounds",
    `${post}${json}Content-Length: 99999999999999999999\r\n\r\n`,
    "400 text/plain",
  ),
  raw(
    "a length beyond the largest body, and nothing sent",
    `${post}${json}Content-Length: 10000000\r\n\r\n`,
    cutOff,
    { half: true },
  ),
  raw("less than was said", `${post}${json}${sized("f-less", 5)}\r\n${body("f-less")}`, cutOff, {
    half: true,
  }),
  raw("more than was said", `${post}${json}${sized("f-more", -1)}\r\n${body("f-more")}`, "400 BadRequest"),
  raw(
    "chunks in two layers",
    `${post}${json}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    "501 text/plain",
  ),
  raw(
    "chunks that are said oddly",
    `${post}${json}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    "501 text/plain",
  ),
  raw(
    "chunks that are said twice",
    `${post}${json}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    "501 text/plain",
  ),
  raw(
    "a chunk's length that is no number",
    `${post}${json}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n`,
    "500 without a reason",
  ),
  raw(
    "a chunk that is longer than was said",
    `${post}${json}Transfer-Encoding: chunked\r\n\r\n1\r\n{}{}\r\n0\r\n\r\n`,
    "500 without a reason",
  ),
  raw("chunks without an end", `${post}${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, cutOff, {
    half: true,
  }),
  raw(
    "chunks of one byte",
    `${post}${json}Transfer-Encoding: chunked\r\n\r\n${Array.from(body("f-chunks"))
      .map((one) => `1\r\n${one}\r\n`)
      .join("")}0\r\n\r\n`,
    "201 ConfigMap",
  ),
  raw(
    "chunks beyond the largest body",
    `${post}${json}Transfer-Encoding: chunked\r\n\r\n${`100000\r\n${" ".repeat(0x100000)}\r\n`.repeat(4)}0\r\n\r\n`,
    "413 RequestEntityTooLarge",
  ),
  raw(
    "a chunk beyond the largest body, not sent",
    `${post}${json}Transfer-Encoding: chunked\r\n\r\nfffffff\r\n `,
    cutOff,
    { half: true },
  ),
  raw("a blank before a colon", `${get}Host : a\r\n\r\n`, "400 text/plain"),
  raw("a folded header", `${get}Host: a\r\nX-A: b\r\n  c\r\n\r\n`, "200 ConfigMap"),
  raw("a header without a colon", `${get}Host: a\r\nrubbish\r\n\r\n`, "400 text/plain"),
  raw("a header without a name", `${get}Host: a\r\n: b\r\n\r\n`, "400 text/plain"),
  raw("a NUL in a header", `${get}Host: a\r\nX-A: b\0c\r\n\r\n`, "400 text/plain"),
  raw("a bare line feed", `${get}Host: a\nX-A: b\n\n`, "200 ConfigMap"),
  raw("no host", `${get}\r\n`, "400 text/plain"),
  raw("two hosts", `${get}Host: a\r\nHost: b\r\n\r\n`, "400 text/plain"),
  raw("a host that is none", `${get}Host: a b/c\r\n\r\n`, "400 text/plain"),
  raw("HTTP/1.0", `GET ${configMaps}/there HTTP/1.0\r\n\r\n`, "200 ConfigMap"),
  raw("HTTP/0.9", `GET ${configMaps}/there\r\n\r\n`, "400 text/plain"),
  raw("HTTP/3.0", `GET ${configMaps}/there HTTP/3.0\r\n\r\n`, "505 text/plain"),
  raw(
    "HTTP/2 without having agreed on it",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "404 text/plain or 504 text/plain",
    {
      half: true,
    },
  ),
  raw("no version", "GET\r\n\r\n", "400 text/plain"),
  raw("rubbish", "\x01\x02\x03\r\n\r\n", "400 text/plain"),
  raw(
    "an expectation that nobody meets",
    `${post}${json}Expect: 200-maybe\r\n${sized("f-expect")}\r\n${body("f-expect")}`,
    "417 without a type",
  ),
  raw("a body for GET", `${get}Host: a\r\nContent-Length: 4\r\n\r\nabcd`, "200 ConfigMap"),
  raw(
    "an upgrade to something",
    `${get}Host: a\r\nConnection: Upgrade\r\nUpgrade: rubbish\r\n\r\n`,
    "200 ConfigMap",
  ),
  raw(
    "an upgrade to HTTP/2",
    `${get}Host: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
    "200 ConfigMap",
  ),
  raw(
    "30 KB of headers",
    `${get}Host: a\r\n${Array.from({ length: 300 }, (_, i) => `X-${i}: ${"y".repeat(90)}\r\n`).join("")}\r\n`,
    "200 ConfigMap",
  ),
  raw("a header of 100 KB", `${get}Host: a\r\nX-A: ${"y".repeat(100_000)}\r\n\r\n`, "200 ConfigMap"),
  raw(
    "5,000 headers",
    `${get}Host: a\r\n${Array.from({ length: 5000 }, (_, i) => `X-${i}: y\r\n`).join("")}\r\n`,
    "200 ConfigMap",
  ),
  raw(
    "headers beyond a megabyte",
    `${get}Host: a\r\n${`X-A: ${"y".repeat(10_000)}\r\n`.repeat(120)}\r\n`,
    "431 text/plain",
  ),
  raw("an authorization that is none", `${get}Host: a\r\nAuthorization: Nonsense\r\n\r\n`, "200 ConfigMap"),
  raw("what to accept that nobody has", `${get}Host: a\r\nAccept: text/html\r\n\r\n`, "406 NotAcceptable"),
  raw("what to accept that is rubbish", `${get}Host: a\r\nAccept: ;;;,,,\r\n\r\n`, "406 NotAcceptable"),
  raw("impersonation of nobody", `${get}Host: a\r\nImpersonate-Group: a\r\n\r\n`, "400 BadRequest"),
];
