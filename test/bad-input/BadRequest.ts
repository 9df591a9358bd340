import { inShort, type RawAnswer } from "./readAnswer.ts";
import { exchange, type ApiTarget } from "./ApiTarget.ts";

/** A request that should not have been sent, and what a real API server of Kubernetes 1.36 answers. */
export interface BadRequest {
  readonly what: string;
  /** As `inShort` writes it; several with `or` between them where it depends on which of two is first. Also a real server is held to it. */
  readonly answer: string;
  /** What the body of the answer has to hold. */
  readonly says?: RegExp;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Instead of all that: the bytes, after a line that says who asks was put behind the first. */
  readonly raw?: string | Uint8Array;
  /** Nothing more comes, and the server is told so. */
  readonly half?: boolean;
}

/** A request as bytes. */
export function bytesOf(bad: BadRequest, authorization: string): Uint8Array {
  if (bad.raw !== undefined) {
    const raw = Buffer.from(bad.raw as string);
    const line = raw.indexOf("\r\n") + 2;
    return Buffer.concat([raw.subarray(0, line), Buffer.from(authorization), raw.subarray(line)]);
  }
  const { method = "POST", path = configMaps, headers = {}, body } = bad;
  const bytes = Buffer.from((body ?? "") as string);
  const all = {
    Host: "127.0.0.1",
    ...(body === undefined ? {} : { "Content-Type": "application/json", "Content-Length": bytes.length }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${authorization}${lines.join("")}\r\n`);
  return Buffer.concat([head, bytes]);
}

/** What a server answers. */
export async function answerTo(bad: BadRequest, target: ApiTarget): Promise<RawAnswer> {
  const half = bad.half === true;
  return await exchange(target, bytesOf(bad, target.authorization), { half });
}

/** What is wrong about an answer; empty when nothing is. */
export function complaints(bad: BadRequest, answer: RawAnswer): string[] {
  const short = inShort(answer);
  const found = bad.answer.split(" or ").includes(short) ? [] : [`answers ${short}, not ${bad.answer}`];
  if (bad.says !== undefined && !bad.says.test(answer.body)) found.push(`does not say ${String(bad.says)}`);
  return found.length === 0 ? [] : [...found, answer.body.slice(0, 600)];
}

export const configMaps = "/api/v1/namespaces/default/configmaps";

/** A ConfigMap as JSON text, with more in it. */
export const configMap = (name: string, more: string = ""): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}${more}}`;
