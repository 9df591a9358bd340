import type { KubeStatus } from "../../contract/index.ts";
import { goQuoted } from "./apply/goText.ts";

type Cause = { reason?: string; message?: string; field?: string };
type Details = NonNullable<KubeStatus["details"]>;

/**
 * A refusal, as the API server answers it. It never leaves `api/` as an exception: `handle` turns it into its `Status`. (Clients see
 * a MoorageError made from that answer.)
 */
export class StatusError extends Error {
  readonly status: KubeStatus;
  readonly headers: Record<string, string> | undefined;
  /** What was warned of before it was refused; goes with the refusal. */
  readonly warnings: string[] = [];

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Details,
    headers?: Record<string, string>,
  ) {
    super(message);
    this.headers = headers;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** What messages call a collection: `deployments.apps`, or `pods` for the core group. */
export const groupResource = (kind: { group: string; plural: string }): string =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

type Named = { group: string; plural: string };
const detailsOf = (kind: Named, name: string): Details => ({
  name,
  ...(kind.group === "" ? {} : { group: kind.group }),
  kind: kind.plural,
});

export const notFound = (kind: Named, name: string): StatusError =>
  new StatusError(
    404,
    "NotFound",
    `${groupResource(kind)} ${goQuoted(name)} not found`,
    detailsOf(kind, name),
  );

/** For a path that nothing serves. */
export const pathNotFound = (): StatusError =>
  new StatusError(404, "NotFound", "the server could not find the requested resource", {});

export const alreadyExists = (kind: Named, name: string, going = false): StatusError =>
  new StatusError(
    409,
    "AlreadyExists",
    `${going ? "object is being deleted: " : ""}${groupResource(kind)} "${name}" already exists`,
    detailsOf(kind, name),
  );

export const conflict = (kind: Named, name: string, message: string): StatusError =>
  new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${groupResource(kind)} "${name}": ${message}`,
    detailsOf(kind, name),
  );

export const objectModified =
  "the object has been modified; please apply your changes to the latest version and try again";

export const badRequest = (message: string): StatusError => new StatusError(400, "BadRequest", message);

export const forbidden = (kind: Named, name: string, message: string, causes?: Cause[]): StatusError =>
  new StatusError(403, "Forbidden", `${groupResource(kind)} "${name}" is forbidden: ${message}`, {
    ...detailsOf(kind, name),
    ...(causes === undefined ? {} : { causes }),
  });

/** 422 with one cause for each field, worded as `field.ErrorList.ToAggregate` does. */
export function invalid(kind: { group: string; kind: string }, name: string, causes: Cause[]): StatusError {
  const lines = causes.map((cause) =>
    cause.field ? `${cause.field}: ${cause.message ?? ""}` : (cause.message ?? ""),
  );
  const unique = [...new Set(lines)];
  const text = unique.length === 1 ? unique[0] : `[${unique.join(", ")}]`;
  const what = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  return new StatusError(422, "Invalid", `${what} "${name}" is invalid: ${text}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

export const methodNotAllowed = (): StatusError =>
  new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );

export const expired = (message: string): StatusError => new StatusError(410, "Expired", message);

export const unsupportedMediaType = (message: string): StatusError =>
  new StatusError(415, "UnsupportedMediaType", message);

export const internalError = (message: string): StatusError =>
  new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
