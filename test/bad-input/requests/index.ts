import type { BadRequest } from "../BadRequest.ts";
import { addresses } from "./addresses.ts";
import { bodies } from "./bodies.ts";
import { framing } from "./framing.ts";
import { names } from "./names.ts";
import { options } from "./options.ts";
import { patches } from "./patches.ts";

/** Bad requests by what is wrong with them. Within a list they are sent in order. */
export const requests: Readonly<Record<string, readonly BadRequest[]>> = {
  bodies,
  addresses,
  framing,
  options,
  names,
  patches,
};
