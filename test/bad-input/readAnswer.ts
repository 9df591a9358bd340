import type { Duplex } from "node:stream";
import { gunzipSync } from "node:zlib";

/** One HTTP answer, as it came; nothing but `closed` when the connection ended without one. */
export interface RawAnswer {
  readonly closed?: true;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const closed: RawAnswer = { closed: true, status: 0, headers: {}, body: "" };

/** The next answer on a connection. Informational answers (100 Continue) are passed over. */
export function readAnswer(socket: Duplex): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const done = (answer: RawAnswer): void => {
      for (const event of ["end", "close", "error"]) socket.off(event, onEnd);
      socket.off("data", onData);
      resolve(answer);
    };
    const onEnd = (): void => done(parse(bytes, true) ?? closed);
    const onData = (part: Buffer): void => {
      bytes = Buffer.concat([bytes, part]);
      const answer = parse(bytes, false);
      if (answer !== undefined) done(answer);
    };
    socket.on("data", onData);
    for (const event of ["end", "close", "error"]) socket.on(event, onEnd);
  });
}

function parse(bytes: Buffer, ended: boolean): RawAnswer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = Number(first.split(" ")[1]);
  if (status >= 100 && status < 200 && status !== 101) return parse(bytes.subarray(end + 4), ended);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  const rest = bytes.subarray(end + 4);
  const body = bodyOf(rest, headers, ended);
  if (body === undefined) return undefined;
  const plain = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return { status, headers, body: plain.toString() };
}

function bodyOf(rest: Buffer, headers: Record<string, string>, ended: boolean): Buffer | undefined {
  if (headers["transfer-encoding"] === "chunked") {
    const parts: Buffer[] = [];
    for (let at = 0; ;) {
      const mark = rest.indexOf("\r\n", at);
      if (mark < 0) return ended ? Buffer.concat(parts) : undefined;
      const length = Number.parseInt(rest.toString("latin1", at, mark), 16);
      if (length === 0) return Buffer.concat(parts);
      if (rest.length < mark + 2 + length + 2) return ended ? Buffer.concat(parts) : undefined;
      parts.push(rest.subarray(mark + 2, mark + 2 + length));
      at = mark + 2 + length + 2;
    }
  }
  const length = headers["content-length"];
  if (length === undefined) return ended ? rest : undefined;
  return rest.length >= Number(length) || ended ? rest.subarray(0, Number(length)) : undefined;
}

/** An answer in short: `400 BadRequest`, `404 text/plain`, `closed`. */
export function inShort({ closed: none, status, headers, body }: RawAnswer): string {
  if (none) return "closed";
  const type = (headers["content-type"] ?? "").split(";")[0];
  if (type !== "application/json") return `${status} ${type || "without a type"}`;
  const { kind, reason } = objectOf(body);
  return kind === "Status" ? `${status} ${reason ?? "without a reason"}` : `${status} ${kind}`;
}

function objectOf(body: string): { kind?: string; reason?: string } {
  try {
    return JSON.parse(body) as { kind?: string; reason?: string };
  } catch {
    // A watch has one object a line.
    return { kind: "events" };
  }
}
