import type { TakeOptions } from "./Life.ts";
import { refusal, rightKey, rightsOfRequest, type Right } from "./Right.ts";

/** Takes rights away: what needs one of them is refused as a server would. */
export function withoutRights(rights: readonly Right[]): NonNullable<TakeOptions["deny"]> {
  const taken = new Map(rights.map((right) => [rightKey(right), right]));
  return async (request, exists) => {
    const missing = (status: number): Right | undefined =>
      rightsOfRequest(request, status)
        .map((one) => taken.get(rightKey(one)))
        .find((right) => right !== undefined);
    const always = missing(200);
    if (always !== undefined) return refusal(always);
    // An apply needs the right to create when there is nothing yet.
    const forNew = missing(201);
    return forNew !== undefined && !(await exists()) ? refusal(forNew) : undefined;
  };
}
