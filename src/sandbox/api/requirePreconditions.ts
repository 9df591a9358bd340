import type { KubeObject } from "../../contract/index.ts";
import { definitionsCollection } from "./definitionNames.ts";
import type { ServedKind } from "./ServedKind.ts";
import { conflict, type StatusError } from "./StatusError.ts";

/** What a client saw of an object that it deletes. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Refuses with 409 when an object is not any more what the client saw. */
export function requirePreconditions(
  kind: ServedKind,
  { metadata }: KubeObject,
  { uid, resourceVersion }: Preconditions,
): void {
  const { name = "" } = metadata;
  if (uid !== undefined && uid !== metadata.uid) {
    const happened = "deleted and then recreated";
    throw unmet(kind, name, { what: "UID", wanted: uid, have: metadata.uid, happened });
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const have = metadata.resourceVersion;
    throw unmet(kind, name, { what: "ResourceVersion", wanted: resourceVersion, have, happened: "modified" });
  }
}

interface Unmet {
  readonly what: string;
  readonly wanted: string;
  readonly have: string | undefined;
  readonly happened: string;
}

function unmet(kind: ServedKind, name: string, { what, wanted, have, happened }: Unmet): StatusError {
  // Of definitions the storage checks by itself.
  if (kind.collection === definitionsCollection)
    return conflict(
      kind,
      name,
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${have}`,
    );
  return conflict(
    // The kind stands where a collection's name usually does, as in a real server.
    { group: kind.group, plural: kind.kind },
    name,
    `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${have}). The object might have been ${happened}`,
  );
}
