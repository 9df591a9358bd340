import { existsSync, readFileSync } from "node:fs";
import { MoorageError } from "../contract/index.ts";
import { systemClock, type Clock } from "./Clock.ts";
import { execCredential } from "./execCredential.ts";
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from "./kubeconfig.ts";

/** How to reach one API server as one account: what `httpTransport` needs. */
export interface ClusterConnection {
  /** `https://host:6443`, perhaps with a path before `/api`. */
  readonly server: string;
  /** For messages: `context okd`, `the service account of this pod`. */
  readonly description: string;
  /** Of the context; undefined means `default`. */
  readonly namespace?: string;
  /** PEM. */
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  /** http, https or socks5 */
  readonly proxyUrl?: string;
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, where there is no `proxyUrl`. */
  readonly environmentProxy?: {
    readonly httpsProxy: string;
    readonly httpProxy: string;
    readonly noProxy: string;
  };
  /** Kept until they expire. */
  credentials(): Promise<Credentials>;
  /** The server did not accept them: get new ones at the next call. False when there is nothing newer to be had. */
  forgetCredentials(): boolean;
  /** Ends what was started to get them. */
  close?(): void;
}

export interface Credentials {
  /** A list is sent as one header for each. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
}

export interface ConnectionOptions {
  /** Default: the current context. */
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
}

/** The connection of a context. What is missing or unreadable is a `KubeconfigInvalid` that says where. */
export function clusterConnection(kubeconfig: Kubeconfig, options: ConnectionOptions): ClusterConnection {
  const { clock = systemClock } = options;
  const name = options.context ?? kubeconfig.currentContext;
  const from = kubeconfig.files.length > 0 ? kubeconfig.files.join(", ") : undefined;
  const known = [...kubeconfig.contexts.keys()].toSorted();
  const listed = known.length > 0 ? `It has ${known.join(", ")}.` : "It has no contexts.";
  const nowhere = `Sign in to the cluster first, or name the file with KUBECONFIG. Looked at: ${kubeconfig.looked.join(", ")}`;
  if (name === undefined) {
    throw new MoorageError(
      "KubeconfigInvalid",
      from === undefined ? "There is no kubeconfig." : `The kubeconfig ${from} has no current context.`,
      {
        file: kubeconfig.files[0],
        hint:
          from === undefined
            ? nowhere
            : `${listed} Choose one with \`kubectl config use-context\`, or name it in the environment's target.`,
      },
    );
  }
  const context = kubeconfig.contexts.get(name);
  if (!context) {
    throw new MoorageError(
      "KubeconfigInvalid",
      from === undefined
        ? `There is no kubeconfig, and so no context "${name}".`
        : `The kubeconfig ${from} has no context "${name}".`,
      // Without a place: the message names the kubeconfig, and the caller knows who asked for the context.
      {
        hint: from === undefined ? nowhere : listed,
      },
    );
  }
  const invalid = (what: string, path: string): MoorageError =>
    new MoorageError("KubeconfigInvalid", `Context "${name}" ${what}.`, {
      file: kubeconfig.files[0],
      path,
      hint: "Correct it there (`kubectl config view` shows all), or sign in to the cluster again.",
    });
  if (!context.cluster) throw invalid("names no cluster", `contexts.${name}.cluster`);
  const cluster = kubeconfig.clusters.get(context.cluster ?? "");
  if (!cluster) throw invalid(`uses cluster "${context.cluster ?? ""}", which is not there`, "clusters");
  const user = kubeconfig.users.get(context.user ?? "");
  if (context.user && !user) throw invalid(`uses user "${context.user}", which is not there`, "users");
  if (!cluster.server || !/^https?:\/\//i.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw invalid(`has a cluster without a valid server address`, `clusters.${context.cluster}.server`);
  }
  return {
    server: cluster.server.replace(/\/+$/, ""),
    description: `context "${name}"`,
    namespace: context.namespace || undefined,
    ca: dataOrFile(
      cluster["certificate-authority-data"],
      cluster["certificate-authority"],
      `clusters.${context.cluster}`,
    ),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"],
    tlsServerName: cluster["tls-server-name"] || undefined,
    proxyUrl: cluster["proxy-url"] || undefined,
    environmentProxy: environmentProxyOf(cluster.server, options.env),
    ...credentialsOf(user ?? {}, cluster, `users.${context.user}`, options.env, clock),
  };
}

/** As kubectl does it (Go's ProxyFromEnvironment): never for this machine itself. */
function environmentProxyOf(
  server: string,
  env: Readonly<Record<string, string | undefined>>,
): ClusterConnection["environmentProxy"] {
  const { hostname } = new URL(server);
  if (hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.")) return undefined;
  const httpsProxy = env["HTTPS_PROXY"] || env["https_proxy"] || "";
  const httpProxy = env["HTTP_PROXY"] || env["http_proxy"] || "";
  if (httpsProxy === "" && httpProxy === "") return undefined;
  return { httpsProxy, httpProxy, noProxy: env["NO_PROXY"] || env["no_proxy"] || "" };
}

const accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The connection of a pod's service account; undefined outside a cluster. `folder` is for tests. */
export function inClusterConnection(options: {
  env: Readonly<Record<string, string | undefined>>;
  folder?: string;
  clock?: Clock;
}): ClusterConnection | undefined {
  const { env, folder = accountFolder, clock = systemClock } = options;
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port || !existsSync(`${folder}/token`)) return undefined;
  const namespace = existsSync(`${folder}/namespace`)
    ? readFileSync(`${folder}/namespace`, "utf8").trim()
    : undefined;
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    description: "the service account of this pod",
    namespace,
    ca: existsSync(`${folder}/ca.crt`) ? readFileSync(`${folder}/ca.crt`, "utf8") : undefined,
    ...credentialsOf({ tokenFile: `${folder}/token` }, {}, "serviceaccount", env, clock),
  };
}

function credentialsOf(
  user: KubeconfigUser,
  cluster: KubeconfigCluster,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Pick<ClusterConnection, "credentials" | "forgetCredentials" | "close"> {
  const fixed: Record<string, string | string[]> = {};
  if (user.as) fixed["impersonate-user"] = user.as;
  if (user["as-uid"]) fixed["impersonate-uid"] = user["as-uid"];
  if (user["as-groups"]?.length) fixed["impersonate-group"] = [...user["as-groups"]];
  const cert = dataOrFile(user["client-certificate-data"], user["client-certificate"], path);
  const key = dataOrFile(user["client-key-data"], user["client-key"], path);
  const bearer = (token: string): Credentials => ({
    headers: { ...fixed, authorization: `Bearer ${token}` },
    cert,
    key,
  });

  if (user.exec) {
    const source = execCredential(user.exec, cluster, path, { env, clock });
    return {
      async credentials() {
        const got = await source.get();
        return {
          headers: got.token === undefined ? fixed : { ...fixed, authorization: `Bearer ${got.token}` },
          cert: got.clientCertificateData ?? cert,
          key: got.clientKeyData ?? key,
        };
      },
      forgetCredentials: () => source.forget(),
      close: () => source.close(),
    };
  }
  if (user.tokenFile) {
    const file = user.tokenFile;
    let read: { at: number; credentials: Credentials } | undefined;
    return {
      async credentials() {
        // Bound tokens are renewed in place: client-go, too, looks once a minute.
        if (read === undefined || clock.now() - read.at > 60_000) {
          read = { at: clock.now(), credentials: bearer(readCredential(file, path).trim()) };
        }
        return read.credentials;
      },
      forgetCredentials() {
        const stale = read?.credentials.headers["authorization"];
        read = undefined;
        return stale !== `Bearer ${readCredential(file, path).trim()}`;
      },
    };
  }
  const constant = ((): Credentials => {
    if (user.token) return bearer(user.token);
    if (user["auth-provider"]) return bearer(idTokenOf(user["auth-provider"], path, clock));
    if (user.username) {
      const basic = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
      return { headers: { ...fixed, authorization: `Basic ${basic}` }, cert, key };
    }
    return { headers: fixed, cert, key };
  })();
  return { credentials: async () => constant, forgetCredentials: () => false };
}

/** `auth-provider` left kubectl in 1.26, but for `oidc`; its token is used while it lasts. */
function idTokenOf(
  provider: NonNullable<KubeconfigUser["auth-provider"]>,
  path: string,
  clock: Clock,
): string {
  const token = provider.config?.["id-token"];
  const hint = "Use an exec credential plugin instead (for OpenID Connect: kubelogin).";
  if (provider.name !== "oidc" || !token) {
    throw new MoorageError(
      "KubeconfigInvalid",
      `The kubeconfig's auth-provider "${provider.name}" is not supported.`,
      {
        path: `${path}.auth-provider`,
        hint,
      },
    );
  }
  let expires: number | undefined;
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    expires = (JSON.parse(payload) as { exp?: number }).exp;
  } catch {
    // Not a JWT: the server will say.
  }
  if (expires !== undefined && expires * 1000 < clock.now()) {
    throw new MoorageError(
      "KubeconfigInvalid",
      "The id-token of the kubeconfig's auth-provider has expired.",
      {
        path: `${path}.auth-provider.config.id-token`,
        hint: `Run any kubectl command, which renews it. ${hint}`,
      },
    );
  }
  return token;
}

function dataOrFile(data: string | undefined, file: string | undefined, path: string): string | undefined {
  if (data) return Buffer.from(data, "base64").toString("utf8");
  return file ? readCredential(file, path) : undefined;
}

function readCredential(file: string, path: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new MoorageError(
      "KubeconfigInvalid",
      `The file ${file}, which the kubeconfig names, can't be read.`,
      {
        file,
        path,
        hint: "Put it back, or sign in to the cluster again.",
        cause: error,
      },
    );
  }
}
