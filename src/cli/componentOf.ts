import { MoorageError } from "../contract/index.ts";
import { nearest } from "../platform/suggest.ts";

/** A component that the user names, checked against those that there are. Nothing named: nothing checked. */
export function componentOf(
  given: string | undefined,
  components: readonly { readonly key: string }[],
  environment: string,
): string | undefined {
  if (given === undefined) return undefined;
  const keys = components.map(({ key }) => key);
  if (!keys.includes(given)) {
    const near = nearest(given, keys);
    throw new MoorageError("Usage", `${environment} has no component "${given}".`, {
      hint: `${near === undefined ? "" : `Did you mean ${near}? `}It has: ${keys.join(", ")}.`,
      exitCode: 2,
    });
  }
  return given;
}
