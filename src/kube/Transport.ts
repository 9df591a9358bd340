/**
 * The one seam through which every request to a Kubernetes API goes. Implementations: HTTPS by kubeconfig (`httpTransport.ts`), the
 * sandbox's API server called in-process, and whatever a test wraps around them.
 */
export interface Transport {
  /** Resolves once status and headers are there, whatever the status; rejects with a MoorageError `ApiUnreachable` only. */
  send(request: KubeRequest): Promise<KubeResponse>;
  /** Ends all connections; requests in flight reject. */
  close(): Promise<void>;
}

/** One request to a Kubernetes API. */
export interface KubeRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/apis/apps/v1/...`, escaped, without the query. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; set `content-type` for patches. A transport must not keep or change it. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The answer to a request; its body may still be on its way. */
export interface KubeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body, parsed. The caller owns the value. Use one of the four readers, once. */
  json(): Promise<unknown>;
  text(): Promise<string>;
  /** Line by line as they arrive (watch); ends when the server ends it, rejects when the connection breaks. */
  lines(): AsyncIterable<string>;
  /** As they arrive (logs). */
  chunks(): AsyncIterable<Uint8Array>;
}
