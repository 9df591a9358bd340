import { annotations, type KubeObject, type ManagedFieldsEntry } from "../../contract/index.ts";
import { mergeFields, type FieldsV1 } from "./ownedFields.ts";

/** Whose an object is that is not ours: `Helm release db`, `kubectl`, `another Moorage environment, quality.prod`. */
export function describeOwner(live: KubeObject): string {
  const owner = live.metadata.annotations?.[annotations.owner];
  if (owner !== undefined) return `another Moorage environment, ${owner}`;
  const release = live.metadata.annotations?.["meta.helm.sh/release-name"];
  if (release !== undefined) return `Helm release ${release}`;
  const controller = live.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (controller !== undefined) return `${controller.kind} ${controller.name}`;
  const managers = [
    ...new Set(
      (live.metadata.managedFields ?? [])
        .filter((entry) => (entry.subresource ?? "") === "" && entry.manager !== undefined)
        .map((entry) => entry.manager as string),
    ),
  ];
  return managers.length === 0 ? "somebody else" : managers.join(", ");
}

/** What adopting does not change: Helm goes by the record of its release. */
export function staysInRelease(name: string, live: KubeObject): string[] {
  const release = live.metadata.annotations?.["meta.helm.sh/release-name"];
  if (release === undefined) return [];
  const namespace = live.metadata.annotations?.["meta.helm.sh/release-namespace"] ?? live.metadata.namespace;
  return [
    `Helm release ${release} still lists ${name}: \`helm uninstall ${release}\` would delete it. When nothing of the release is left to Helm, let it forget: kubectl delete secret -n ${namespace} -l owner=helm,name=${release}`,
  ];
}

/** Field managers of tools that deploy, as they name themselves. Controllers and people's own tools are not among them: their fields stay theirs. */
const deployTools =
  /^(kubectl(-client-side-apply|-create|-edit|-replace|-patch|-apply)?|helm|Helm|kapp|before-first-apply|kustomize|oc|terraform.*|pulumi.*|argocd.*|moorage:.*)$/;

/** The entries whose fields pass to us when the object is adopted. */
export function adoptedEntries(live: KubeObject): ManagedFieldsEntry[] {
  return (live.metadata.managedFields ?? []).filter(
    (entry) => (entry.subresource ?? "") === "" && deployTools.test(entry.manager ?? ""),
  );
}

/** The fields that pass to us when the object is adopted. */
export const adoptedFields = (live: KubeObject): FieldsV1 =>
  adoptedEntries(live)
    .map((entry) => (entry.fieldsV1 ?? {}) as FieldsV1)
    .reduce(mergeFields, {});

/**
 * The managed fields of an adopted object: those of the old tools become fields that we applied, so that our next apply removes what we do not want.
 *
 * Source: client-go `util/csaupgrade`, which does the same for `kubectl apply --server-side`.
 */
export function adoptedManagedFields(live: KubeObject, manager: string): ManagedFieldsEntry[] {
  const taken = adoptedEntries(live);
  const others = (live.metadata.managedFields ?? []).filter((entry) => !taken.includes(entry));
  const own = others.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && (entry.subresource ?? "") === "",
  );
  const fields = [...(own === undefined ? [] : [own]), ...taken]
    .map((entry) => (entry.fieldsV1 ?? {}) as FieldsV1)
    .reduce(mergeFields, {});
  return [
    ...others.filter((entry) => entry !== own),
    { manager, operation: "Apply", apiVersion: live.apiVersion, fieldsType: "FieldsV1", fieldsV1: fields },
  ];
}
