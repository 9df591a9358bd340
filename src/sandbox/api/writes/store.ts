import type { KubeObject } from "../../../contract/index.ts";
import { StatusError } from "../StatusError.ts";
import { toStored } from "../shownAs.ts";
import type { Stored } from "../store/Store.ts";
import { TooLargeToStore } from "../store/TooLargeToStore.ts";
import type { Write } from "./Write.ts";

/** Bytes of a request that etcd accepts, and what is left of them for an object. */
const MOST_BYTES = 1.5 * 1024 * 1024 - 300;

/**
 * Stores an object, if a real server could. One that is too large only by its managed fields goes without them, as there; what is applied is refused.
 * Of other built-in kinds a real server's form is so much smaller than ours that ours says nothing.
 */
export function store({ context, kind }: Write, key: string, object: KubeObject, applied: boolean): Stored {
  const most = kind.custom !== undefined || kind.collection === "configmaps" ? MOST_BYTES : Infinity;
  const put = (): Stored => context.store.put(kind.collection, key, toStored(object, kind), most);
  try {
    return put();
  } catch (error) {
    if (!(error instanceof TooLargeToStore)) throw error;
  }
  try {
    if (!applied && object.metadata.managedFields !== undefined) {
      delete object.metadata.managedFields;
      return put();
    }
  } catch (error) {
    if (!(error instanceof TooLargeToStore)) throw error;
  }
  throw new StatusError(500, "", "etcdserver: request is too large");
}
