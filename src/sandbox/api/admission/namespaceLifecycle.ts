import type { ServedKind } from "../ServedKind.ts";
import type { ServerContext } from "../ServerContext.ts";
import { forbidden, notFound } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import type { AdmissionPlugin } from "./AdmissionRequest.ts";

/** Nothing comes into a namespace that is not there, or that goes. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  mutate({ context, kind, operation, object, generateName }) {
    const { name = "", namespace = "" } = object.metadata;
    if (kind.namespaced && operation === "CREATE")
      requireNamespace(context, kind, generateName ?? name, namespace);
  },
};

/** Also for what is made below an object: an eviction is refused in a namespace that goes. */
export function requireNamespace(
  context: ServerContext,
  kind: ServedKind,
  name: string,
  namespace: string,
): void {
  const found = context.store.get("namespaces", keyOf(undefined, namespace));
  if (found === undefined) throw notFound({ group: "", plural: "namespaces" }, namespace);
  if (found.object.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    kind,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}
