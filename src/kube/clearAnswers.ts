import { ApiUnreachable } from "./ApiUnreachable.ts";
import type { ClusterConnection, Credentials } from "./clusterConnection.ts";
import type { Clock } from "./Clock.ts";
import { bufferedResponse } from "./bufferedResponse.ts";
import { notJson, parseAnswer } from "./parseAnswer.ts";
import type { KubeRequest, KubeResponse, Transport } from "./Transport.ts";

export interface ClearAnswersOptions {
  readonly connection: ClusterConnection;
  readonly clock: Clock;
  /** Told once when the server takes its time, so that a person knows what is waited for. */
  readonly onDelay?: ((message: string) => void) | undefined;
  /** Milliseconds of silence that are worth a word. Default 5,000. */
  readonly silence?: number;
}

/**
 * Makes what is no answer of a Kubernetes API an error that says so and names the server: web pages of proxies, redirections, JSON that is no object, credentials that
 * are over. An object that is not there must never be concluded from a page that says 404.
 */
export function clearAnswers(inner: Transport, options: ClearAnswersOptions): Transport {
  const { connection, onDelay, silence = 5000 } = options;
  const { server } = connection;
  let told = false;
  const patiently = async (request: KubeRequest): Promise<KubeResponse> => {
    if (onDelay === undefined || told || isEndless(request)) return await inner.send(request);
    const timer = setTimeout(() => {
      if (!told) onDelay(`The API server ${server} has not answered for ${silence / 1000} s; waiting.`);
      told = true;
    }, silence);
    timer.unref();
    try {
      return await inner.send(request);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    async send(request) {
      const response = await patiently(request);
      if (response.status >= 300) return await ofRefusal(request, response, options);
      if (isEndless(request)) return response;
      return {
        ...response,
        json: async () => {
          const text = await response.text();
          return objectOf(parseAnswer(text, server), request, server);
        },
      };
    },
    close: () => inner.close(),
  };
}

/** Silent for long, and not JSON as a whole. */
const isEndless = ({ query, path }: KubeRequest): boolean =>
  query?.["watch"] === true || path.endsWith("/log");

/** All that these APIs answer says of which kind it is. */
function objectOf(answer: unknown, { path }: KubeRequest, server: string): unknown {
  if (typeof answer !== "object" || answer === null) throw notJson(server);
  if (path.startsWith("/api") && typeof (answer as { kind?: unknown }).kind !== "string") {
    throw new ApiUnreachable(`${server} answered with JSON that is no Kubernetes object.`, {
      mayHaveBeenProcessed: true,
      hint: "Is the address in the kubeconfig that of a Kubernetes API?",
    });
  }
  return answer;
}

async function ofRefusal(
  request: KubeRequest,
  response: KubeResponse,
  { connection, clock }: ClearAnswersOptions,
): Promise<KubeResponse> {
  const { status, headers } = response;
  const text = await response.text();
  const isPage =
    headers["content-type"]?.startsWith("text/html") === true || text.trimStart().startsWith("<");
  const { server } = connection;
  if (status === 401) {
    const credentials = await connection.credentials().catch(() => undefined);
    const why = credentials === undefined ? undefined : overSince(credentials, clock.now());
    const parts = [
      `The API server ${server} did not accept the credentials of ${connection.description}`,
      ...(why === undefined ? [] : [`: ${why}`]),
      ...(isPage ? [" (it answered with a web page: something before it may want another sign-in)"] : []),
    ];
    return refusal(response, "Unauthorized", `${parts.join("")}.`);
  }
  if (status < 400 || isPage) {
    const to =
      headers["location"] === undefined ? "" : ` that leads to ${originOf(headers["location"], server)}`;
    throw new ApiUnreachable(
      `${server} answered as a web server does and not as a Kubernetes API: HTTP ${status}${isPage ? " with a page" : ""}${to}.`,
      {
        mayHaveBeenProcessed: true,
        hint:
          status >= 500
            ? "Something before the API server answers in its place: the API server may be down. Try again later."
            : "Is the address in the kubeconfig that of the API? A proxy or a VPN before it may want you to sign in.",
      },
    );
  }
  if (status === 400 && text.includes("HTTP request to an HTTPS server")) {
    throw new ApiUnreachable(`${server} speaks TLS, and its address in the kubeconfig begins with http://.`, {
      mayHaveBeenProcessed: false,
      hint: "Write https:// there.",
    });
  }
  if (status >= 502 && status <= 504)
    return refusal(
      response,
      undefined,
      `The API server ${server} answered ${request.method} ${request.path} with HTTP ${status}: ${messageOf(text)}`,
      text,
    );
  return bufferedResponse(response, text);
}

/** As a Status, so that whoever goes by the reason finds it. */
function refusal(
  response: KubeResponse,
  reason: string | undefined,
  message: string,
  text = "{}",
): KubeResponse {
  const said = statusOf(text);
  const status = {
    ...said,
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    ...(reason === undefined ? {} : { reason }),
    message,
    code: response.status,
  };
  return bufferedResponse(response, JSON.stringify(status));
}

function statusOf(text: string): { message?: string } {
  try {
    const parsed = JSON.parse(text) as { kind?: string; message?: string } | null;
    return parsed?.kind === "Status" ? parsed : {};
  } catch {
    return {};
  }
}

function messageOf(text: string): string {
  const [line = ""] = (statusOf(text).message ?? text.trim()).split("\n", 1);
  // The mark says that it was cut: what takes secrets out of texts looks before it for a secret's beginning.
  return line === "" ? "it says nothing more." : line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** Without path and query, which may carry who is to sign in. */
const originOf = (location: string, server: string): string =>
  URL.canParse(location, server) ? new URL(location, server).origin : "another address";

/** What the credentials themselves tell. */
function overSince({ cert, headers }: Credentials, now: number): string | undefined {
  const token = /^Bearer (.+)$/.exec(String(headers["authorization"] ?? ""))?.[1];
  const end = token === undefined ? endOfCertificate(cert) : endOfToken(token);
  if (end === undefined || end > now) return undefined;
  const day = `${new Date(end).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `its ${token === undefined ? "client certificate" : "token"} expired at ${day}`;
}

function endOfCertificate(cert: string | undefined): number | undefined {
  const crypto = process.getBuiltinModule("node:crypto");
  try {
    return cert === undefined ? undefined : Date.parse(new crypto.X509Certificate(cert).validTo);
  } catch {
    return undefined;
  }
}

/** A JWT says when it ends (RFC 7519, `exp`). */
function endOfToken(token: string): number | undefined {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
