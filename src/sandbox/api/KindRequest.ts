import type { ApiRequest } from "./ApiRequest.ts";
import type { RequestInfo } from "./requestInfo.ts";
import type { ServedKind } from "./ServedKind.ts";
import type { ServerContext } from "./ServerContext.ts";

/** A request about objects of one kind: every verb begins with it. */
export interface KindRequest {
  readonly context: ServerContext;
  readonly kind: ServedKind;
  /** What the path names. */
  readonly info: RequestInfo;
  readonly request: ApiRequest;
}
