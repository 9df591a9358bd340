import { definitionsCollection, isTrue } from "../definitionNames.ts";
import { forbidden } from "../StatusError.ts";
import { keyOf } from "../store/Store.ts";
import type { AdmissionPlugin } from "./AdmissionRequest.ts";

/** Nothing is made of a kind whose definition goes. (apiextensions-apiserver, forbidCreateAdmission) */
export const definitionLifecycle: AdmissionPlugin = {
  name: "DefinitionLifecycle",
  mutate({ context, kind, operation, object, generateName }) {
    if (kind.custom === undefined || operation !== "CREATE") return;
    const definition = context.store.get(
      definitionsCollection,
      keyOf(undefined, `${kind.plural}.${kind.group}`),
    );
    if (definition !== undefined && isTrue(definition.object, "Terminating"))
      throw forbidden(
        kind,
        generateName ?? object.metadata.name ?? "",
        "create not allowed while custom resource definition is terminating",
      );
  },
};
