import { forbidden, notFound } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import type { AdmissionPlugin } from "./AdmissionRequest.ts";

/** Nothing comes into a namespace that is not there, or that goes. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  mutate({ context, kind, operation, object, generateName }) {
    const { name = "", namespace = "" } = object.metadata;
    if (!kind.namespaced || operation !== "CREATE") return;
    const found = context.store.get("namespaces", keyOf(undefined, namespace));
    if (found === undefined) throw notFound({ group: "", plural: "namespaces" }, namespace);
    if (found.object.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      kind,
      generateName ?? name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
      [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    );
  },
};
