import { badRequest, expired, type StatusError } from "../StatusError.ts";

/** The answer holds a token with which the client can go on, knowing that it sees two moments. */
export function continueTooOld({ start }: Continue): StatusError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata["continue"] = continueToken(-1, start.replace(/\0$/, ""));
  return error;
}

/** Source: k8s.io/apiserver/pkg/storage/continue.go. */
export const continueToken = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start: `${after}\0` })).toString("base64url");

const tokenVersion = "meta.k8s.io/v1";

export interface Continue {
  /** Below 0: whichever is newest. */
  readonly revision: number;
  /** Without the namespace that is listed. */
  readonly start: string;
}

export function readContinue(token: string): Continue {
  const refuse = (why: string): never => {
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  };
  let value: { v?: unknown; rv?: unknown; start?: unknown } | null;
  try {
    value = JSON.parse(Buffer.from(token, "base64url").toString()) as typeof value;
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { v = "", rv = 0, start = "" } = value ?? {};
  if (typeof v !== "string" || typeof rv !== "number" || typeof start !== "string")
    return refuse("json: cannot unmarshal");
  if (v !== tokenVersion) return refuse(`server does not recognize this encoded version ${v}`);
  if (rv === 0) return refuse(`incorrect encoded start resourceVersion (version ${v})`);
  if (start === "") return refuse(`encoded start key empty (version ${v})`);
  if (start.split("/").some((part, i) => part === "." || part === ".." || (part === "" && i > 0)))
    return refuse(start);
  return { revision: rv, start: start.replace(/^\//, "") };
}
