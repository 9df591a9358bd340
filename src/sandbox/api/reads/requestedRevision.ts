import type { ServerContext } from "../ServerContext.ts";
import { badRequest, StatusError } from "../StatusError.ts";

/** The revision of `resourceVersion`; undefined when any will do. A future revision is refused, so that a client that saw more than we know does not go back in time. */
export function requestedRevision(
  context: ServerContext,
  version: string | null,
  listed = false,
): number | undefined {
  if (version === null || version === "" || version === "0") return undefined;
  const readable = /^\d+$/.test(version);
  if (!readable || BigInt.asUintN(64, BigInt(version)) !== BigInt(version)) {
    const quoted = JSON.stringify(version);
    const why = readable ? "value out of range" : "invalid syntax";
    const message = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`;
    // Only lists tell it from a failure of the storage.
    throw listed ? badRequest(`invalid resource version: ${message}`) : new StatusError(500, "", message);
  }
  const wanted = Number(version);
  if (wanted > context.store.revision) {
    throw new StatusError(
      504,
      "Timeout",
      `Timeout: Too large resource version: ${wanted}, current: ${context.store.revision}`,
      {
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      },
      { "retry-after": "1" },
    );
  }
  return wanted;
}
