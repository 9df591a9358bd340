import type { ApiResponse } from "../ApiRequest.ts";
import { encode, jsonHeaders } from "../reads/encode.ts";
import type { Stored } from "../store/Store.ts";
import { formOf } from "../reads/tables.ts";
import type { Write } from "./Write.ts";

/** The answer to a write: the object, and the warnings that were found on the way. */
export function answer(write: Write, status: number, stored: Stored): ApiResponse {
  const { request, warnings } = write;
  return {
    status,
    headers: jsonHeaders,
    body: encode(write, formOf(request), stored),
    ...(warnings.length > 0 ? { warnings: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : {}),
  };
}
