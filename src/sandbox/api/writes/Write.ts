import type { FieldError } from "../schema/FieldError.ts";
import { apiVersionOf } from "../../../kube/KindInfo.ts";
import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import { updateManagedFields } from "../apply/index.ts";
import type { WriteContext } from "../kinds/index.ts";
import type { KindRequest } from "../KindRequest.ts";
import type { RequestBody } from "../requestBody.ts";
import { decode } from "../schema/index.ts";
import type { ServerContext } from "../ServerContext.ts";
import { badRequest, notFound, StatusError } from "../StatusError.ts";
import { keyOf, type Stored } from "../store/Store.ts";
import { writeOptionsOf, type WriteOptions } from "../writeOptions.ts";

/** All that one write is about. */
export interface Write extends KindRequest {
  readonly options: WriteOptions;
  /** For `Warning` headers. */
  readonly warnings: string[];
}

export const writeOf = (asked: KindRequest): Write => ({
  ...asked,
  options: writeOptionsOf(asked.request),
  warnings: [],
});

export const writeContext = ({
  addresses,
  clock,
}: ServerContext): WriteContext & { unallocated: FieldError[] } => ({
  now: timeOf(clock.now()),
  allocateClusterIP: (wanted) => addresses.clusterIP(wanted),
  allocateNodePort: (wanted, besides) => addresses.nodePort(wanted, besides),
  unallocated: [],
});

export function liveOf({ context, kind, info }: Omit<KindRequest, "request">): Stored {
  const live = context.store.get(kind.collection, keyOf(info.namespace, info.name ?? ""));
  if (live === undefined) throw notFound(kind, info.name ?? "");
  return live;
}

/** What a dry run answers with: as stored, without a revision of its own. */
export const unstored = (object: KubeObject, key: string): Stored => ({
  key,
  revision: 0,
  object,
  json: JSON.stringify(object),
});

/** What is sent to a path has to name that path's object. */
export function requirePlace({ kind, info }: Write, { metadata }: KubeObject): void {
  if (!metadata.name) {
    throw badRequest(
      `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (metadata.name !== info.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  if (kind.namespaced && metadata.namespace && metadata.namespace !== info.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** What a client was to be warned of goes with a refusal too. */
export function refuseWith({ warnings }: Write, error: unknown): never {
  if (error instanceof StatusError) error.warnings.push(...warnings);
  throw error;
}

/** Prunes and checks what a client sent, against the kind's schema. */
export function decodeAs(
  { kind, warnings }: Write,
  object: KubeObject,
  { raw, doubled }: Omit<RequestBody, "value">,
  fieldValidation: WriteOptions["fieldValidation"],
): void {
  const decoded = decode({
    object,
    raw,
    doubled,
    schema: kind.schema,
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    fieldValidation,
  });
  if (decoded.error !== undefined) throw badRequest(decoded.error);
  warnings.push(...decoded.warnings);
}

export function recordOwnership(
  { kind, info, options }: Write,
  live: KubeObject | undefined,
  next: KubeObject,
  now: string,
): void {
  updateManagedFields({
    live,
    next,
    schema: kind.schema,
    manager: options.manager,
    apiVersion: apiVersionOf(kind),
    subresource: info.subresource ?? "",
    // As in a real server, what was written through scale carries no time.
    now: info.subresource === "scale" ? undefined : now,
    resetFields: kind.strategy.resetFields(info.subresource ?? ""),
    ...(kind.custom === undefined ? {} : { versions: kind.custom.versions }),
  });
}
