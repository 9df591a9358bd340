import type { IncomingHttpHeaders } from "node:http";

/** RFC 9110, 7.6.1, and what older proxies used. */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** What `Connection` may name in vain: without these the next hop would read another request than the door did. */
const framing = new Set(["host", "content-length"]);
/** Set by the door alone; what a client sends of these is dropped. */
const forwarding = /^(?:forwarded|x-forwarded-.*|x-real-ip)$/;

/** Headers to pass on, without those that are for this hop only. */
export function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[] | undefined> {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const result: Record<string, string | string[] | undefined> = { ...headers };
  for (const name of [...hopByHop, ...named]) if (!framing.has(name)) delete result[name];
  return result;
}

/** Headers of a request for the program behind the door. */
export function requestHeaders(
  headers: IncomingHttpHeaders,
  client: { address: string | undefined; host: string },
): Record<string, string | string[] | undefined> {
  const result = endToEnd(headers);
  for (const name of Object.keys(result)) if (forwarding.test(name)) delete result[name];
  result["x-forwarded-for"] = client.address ?? "127.0.0.1";
  result["x-forwarded-proto"] = "http";
  result["x-forwarded-host"] = client.host;
  return result;
}
