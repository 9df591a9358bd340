import type { ApiResponse } from "./ApiRequest.ts";
import { requestToken } from "./authentication/requestToken.ts";
import { remove, removeCollection } from "./deletes.ts";
import { evictPod } from "./evictPod.ts";
import type { KindRequest } from "./KindRequest.ts";
import { bindPod, podLog } from "./podSubresources.ts";
import * as reads from "./reads/index.ts";
import type { RequestInfo } from "./requestInfo.ts";
import { review, reviewKinds } from "./reviews.ts";
import { scale } from "./scale.ts";
import { forbidden, methodNotAllowed } from "./StatusError.ts";
import { serveStream } from "./streams/serveStream.ts";
import { flagOf } from "./writeOptions.ts";
import * as writes from "./writes/index.ts";

/** Answers by the verb of the request: one file or folder each. */
export async function serve(asked: KindRequest): Promise<ApiResponse> {
  const { kind, info, request } = asked;
  const { method, query } = request;
  // One object is watched through its collection, or below `watch/`: asked of its own path, the parameter means nothing.
  const watching = info.watch || (info.name === undefined && flagOf(query, "watch"));
  if (info.subresource !== undefined) return await serveSubresource(asked);
  const verb = verbOf(method, info, watching);
  if (verb === undefined || !kind.verbs.includes(verb)) throw methodNotAllowed();
  const everywhere = kind.namespaced && info.namespace === undefined;
  if (everywhere && (verb === "create" || verb === "deletecollection")) throw methodNotAllowed();
  switch (verb) {
    case "watch":
      return reads.watch(asked);
    case "list":
      return reads.list(asked);
    case "get":
      return reads.get(asked);
    case "create":
      if (reviewKinds.has(kind.kind)) return await review(writes.writeOf(asked));
      return await writes.create(writes.writeOf(asked));
    case "update":
      return await writes.replace(writes.writeOf(asked));
    case "patch":
      return await writes.patch(writes.writeOf(asked));
    case "delete":
      return await remove(writes.writeOf(asked));
    default:
      return await removeCollection(writes.writeOf(asked));
  }
}

function verbOf(method: string, info: RequestInfo, watching: boolean): string | undefined {
  const one = info.name !== undefined;
  switch (method) {
    case "GET":
    case "HEAD":
      return watching ? "watch" : one ? "get" : "list";
    case "POST":
      return one ? undefined : "create";
    case "PUT":
      return one ? "update" : undefined;
    case "PATCH":
      return one ? "patch" : undefined;
    case "DELETE":
      return one ? "delete" : "deletecollection";
    default:
      return undefined;
  }
}

async function serveSubresource(asked: KindRequest): Promise<ApiResponse> {
  const { kind, info, request } = asked;
  const { method } = request;
  const write = writes.writeOf(asked);
  const posts: Record<string, (of: writes.Write) => Promise<ApiResponse>> = {
    binding: bindPod,
    eviction: evictPod,
    token: requestToken,
  };
  const post = posts[info.subresource ?? ""];
  if (post !== undefined) {
    if (method !== "POST") throw methodNotAllowed();
    return await post(write);
  }
  switch (info.subresource) {
    case "log":
      if (method !== "GET") throw methodNotAllowed();
      return await podLog(write);
    case "exec":
    case "attach":
    case "portforward":
      if (method !== "GET" && method !== "POST") throw methodNotAllowed();
      return await serveStream(write, info.subresource);
    case "scale":
      if (method === "GET" || method === "PUT" || method === "PATCH") return await scale(write);
      throw methodNotAllowed();
    case "status":
    case "finalize":
    case "approval":
    case "ephemeralcontainers":
    case "resize":
      if (method === "GET") return reads.get(asked);
      if (method === "PUT") return await writes.replace(write);
      if (method === "PATCH") return await writes.patch(write);
      throw methodNotAllowed();
    default:
      throw forbidden(
        kind,
        info.name ?? "",
        `the sandbox does not serve ${kind.plural}/${info.subresource ?? ""}`,
      );
  }
}
