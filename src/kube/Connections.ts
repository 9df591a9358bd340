import type { KubeRequest } from "./Transport.ts";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: KubeRequest["method"];
  /** With the query. */
  readonly path: string;
  /** A list is sent as one header for each. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  /** A watch, or a log that is followed: silent for as long as nothing happens, and on a connection of its own. */
  readonly long: boolean;
}

/** Status and headers are there; the body comes. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The whole body. Use this or `chunks`, once. */
  readonly text: () => Promise<string>;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Connections to one server as one account, kept and used again. What goes wrong is thrown as the network layer says it; after an abort it may be anything. */
export interface Connections {
  request(request: WireRequest): Promise<WireResponse>;
  /** Whatever is under way ends with an error. */
  close(): Promise<void>;
}

/** What a client waits for, and how many connections it opens. */
export interface ConnectionLimits {
  /** For ordinary requests; long ones have their own. */
  readonly connections: number;
  /** Milliseconds to wait for a connection. */
  readonly connectTimeout: number;
  /** Milliseconds of silence until an answer's headers, and in the middle of its body. */
  readonly headersTimeout: number;
  /** Milliseconds after which a connection that nobody used is closed. */
  readonly idleTimeout: number;
}
