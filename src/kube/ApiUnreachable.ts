import { MoorageError } from "../contract/index.ts";

/** A connection that could not be made, or broke. */
export class ApiUnreachable extends MoorageError {
  /** Whether the server may have carried out the request: the connection stood. Otherwise any request can be repeated. */
  readonly mayHaveBeenProcessed: boolean;
  /** The server took the request, and said nothing for as long as was waited. */
  readonly timedOut: boolean;
  /** It is the same the next time, as long as nobody changes something: certificates, the wrong port. */
  readonly lasting: boolean;

  constructor(
    message: string,
    options: {
      mayHaveBeenProcessed: boolean;
      timedOut?: boolean;
      lasting?: boolean;
      hint?: string;
      cause?: unknown;
    },
  ) {
    super("ApiUnreachable", message, options);
    this.mayHaveBeenProcessed = options.mayHaveBeenProcessed;
    this.timedOut = options.timedOut ?? false;
    this.lasting = options.lasting ?? false;
  }
}

interface Explanation {
  readonly what: string;
  readonly hint?: string;
  /** The request was sent before it failed. */
  readonly sent?: boolean;
  readonly timedOut?: boolean;
  readonly lasting?: boolean;
  /** Where a proxy is between, it is what could not be reached. */
  readonly connecting?: true;
}

const overloaded = "It may be overloaded, or what stands before it does not reach it: try again later.";
const unanswered: Explanation = {
  what: "it did not answer in time",
  hint: "A firewall may drop packets, or a VPN be needed.",
};
const silentBefore: Explanation = {
  what: "it accepted the request but did not answer in time",
  sent: true,
  timedOut: true,
  hint: overloaded,
};
const silentWithin: Explanation = {
  what: "its answer stopped midway",
  sent: true,
  timedOut: true,
  hint: overloaded,
};
const unusable: Explanation = {
  lasting: true,
  what: "the client certificate of the kubeconfig, its key or the certificate-authority is not what it should be (PEM, and a key that fits)",
  hint: "Sign in to the cluster again, or correct the kubeconfig.",
};
const refusedCertificate: Explanation = {
  lasting: true,
  what: "it did not accept the client certificate of the kubeconfig",
  hint: "Sign in to the cluster again.",
};

const untrusted: Explanation = {
  lasting: true,
  what: "its TLS certificate is not trusted",
  hint: "Set the cluster's certificate-authority in the kubeconfig. A proxy that inspects TLS has an authority of its own.",
};
const noTls: Explanation = {
  lasting: true,
  what: "it does not speak TLS there",
  hint: "Is the address http:// instead, or a proxy's?",
};
const explanations: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    connecting: true,
    what: "the connection was refused",
    hint: "Nothing listens there. Is the cluster running, and the address right?",
  },
  ENOTFOUND: {
    connecting: true,
    what: "the host name is unknown",
    hint: "Check the address in the kubeconfig, and whether a VPN is needed.",
  },
  EAI_AGAIN: {
    connecting: true,
    what: "the host name could not be looked up",
    hint: "DNS does not answer. Is the network up?",
  },
  EHOSTUNREACH: { connecting: true, what: "there is no route to it", hint: "Is a VPN needed?" },
  ENETUNREACH: {
    connecting: true,
    what: "there is no route to its network",
    hint: "Is the network up, and is a VPN needed?",
  },
  ETIMEDOUT: unanswered,
  UND_ERR_CONNECT_TIMEOUT: unanswered,
  ERR_HEADERS_TIMEOUT: silentBefore,
  UND_ERR_HEADERS_TIMEOUT: silentBefore,
  ERR_BODY_TIMEOUT: silentWithin,
  UND_ERR_BODY_TIMEOUT: silentWithin,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: {
    lasting: true,
    what: "it says that the client certificate of the kubeconfig has expired",
    hint: "Sign in to the cluster again.",
  },
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: refusedCertificate,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: refusedCertificate,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: refusedCertificate,
  ERR_OSSL_PEM_NO_START_LINE: unusable,
  ERR_OSSL_PEM_BAD_BASE64_DECODE: unusable,
  ERR_OSSL_PEM_BAD_END_LINE: unusable,
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: unusable,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: {
    lasting: true,
    what: "its TLS certificate has expired",
    hint: "Whoever runs the cluster has to renew it. Is this machine's clock right?",
  },
  CERT_NOT_YET_VALID: {
    lasting: true,
    what: "its TLS certificate is not valid yet",
    hint: "Is this machine's clock right?",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    lasting: true,
    what: "its TLS certificate is for another name",
    hint: "Use an address that the certificate names, or set the cluster's tls-server-name in the kubeconfig.",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

/**
 * Turns what the network layer threw into one clear message.
 *
 * @param proxyOf the proxy that was asked to connect when this went wrong, as it may be shown
 */
export function apiUnreachable(
  error: unknown,
  server: string,
  proxyOf: (error: NodeJS.ErrnoException) => string | undefined = () => undefined,
): ApiUnreachable {
  for (const each of within(error)) {
    const found = explanationOf(each);
    if (found === undefined) continue;
    const proxy = found.connecting ? proxyOf(each) : undefined;
    const message =
      proxy === undefined
        ? `The API server ${server} can't be reached: ${found.what}.`
        : `The proxy ${proxy} on the way to the API server ${server} can't be reached: ${found.what}.`;
    return new ApiUnreachable(message, {
      mayHaveBeenProcessed: found.sent ?? false,
      timedOut: found.timedOut ?? false,
      lasting: found.lasting ?? false,
      hint:
        proxy === undefined
          ? found.hint
          : "Is the proxy running, and its address right? It is the cluster's proxy-url in the kubeconfig, else HTTPS_PROXY or HTTP_PROXY.",
      cause: error,
    });
  }
  const said = error instanceof Error ? error.message : String(error);
  return new ApiUnreachable(`The connection to the API server ${server} broke: ${said}.`, {
    // Unknown is not known to be safe.
    mayHaveBeenProcessed: true,
    hint: "Is the address in the kubeconfig right, and the network stable? Then try again.",
    cause: error,
  });
}

/** An error and what it comes from. Several addresses of one name give an AggregateError: the last tells as much as any. */
function* within(error: unknown, depth = 0): Generator<NodeJS.ErrnoException> {
  if (!(error instanceof Error) || depth === 5) return;
  yield error;
  const inner: unknown[] = error instanceof AggregateError ? error.errors.toReversed() : [];
  for (const each of [...inner, error.cause]) yield* within(each, depth + 1);
}

function explanationOf({ code = "", message }: NodeJS.ErrnoException): Explanation | undefined {
  const found = explanations[code];
  if (found !== undefined || (code !== "EPROTO" && !code.startsWith("ERR_SSL_"))) return found;
  // A write that TLS fails says why in its text alone: `write EPROTO 80:error:0A00010B:SSL routines:where:wrong version number:file:1:`
  const said = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  const told = explanations[`ERR_SSL_${(said ?? "").toUpperCase().replaceAll(" ", "_")}`];
  if (told !== undefined) return told;
  const why = said ?? (code === "EPROTO" ? undefined : code.slice(8).toLowerCase().replaceAll("_", " "));
  return {
    what:
      why === undefined
        ? "it does not speak TLS there, or broke it off"
        : `TLS with it failed (${why}); it may be that it does not speak TLS there`,
    hint: noTls.hint,
    // It may have been in the middle of it.
    sent: true,
  };
}
