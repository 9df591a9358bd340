import type { Upgrade } from "./NodeBackend.ts";

/** Who asks. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What the credential says beside: of a service account's token, the pod that it is bound to. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The administrator: what the kubeconfig's credentials stand for. */
export const administrator: User = {
  name: "moorage:admin",
  groups: ["system:masters", "system:authenticated"],
};

export const anonymous: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** A request, whether it came over HTTPS or in-process. */
export interface ApiRequest {
  readonly method: string;
  /** Escaped, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Empty when there is none. */
  readonly body: Uint8Array;
  readonly user: User;
  /** Fires when the client is gone. */
  readonly signal?: AbortSignal;
  /** The client asks for another protocol on its connection. Whoever takes it up answers with status 101. */
  readonly upgrade?: Upgrade;
}

/** Either a whole body or a stream of them. */
export interface ApiResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  /** `Warning` headers, which may occur several times. */
  readonly warnings?: readonly string[];
  /** Fires when the client does not read what is streamed to it, and is to be disconnected. */
  readonly abandoned?: AbortSignal;
}
