import type { ObjectMeta } from "../../../contract/index.ts";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "../schema/FieldError.ts";
import { type NameRule, labelName, labelValue, qualifiedName } from "./names.ts";

const MOST_ANNOTATION_BYTES = 256 * 1024;

/** Checks `metadata` of any object, or, with another path, of a template. */
export function validateMetadata(
  metadata: ObjectMeta,
  rules: { namespaced: boolean; name: NameRule },
  errors: FieldError[],
  path = "metadata",
): void {
  const { name, generateName, namespace } = metadata;
  if (generateName)
    for (const problem of rules.name(maskTrailingDash(generateName)))
      errors.push(invalid(`${path}.generateName`, generateName, problem));
  if (!name) errors.push(required(`${path}.name`, "name or generateName is required"));
  else for (const problem of rules.name(name)) errors.push(invalid(`${path}.name`, name, problem));
  if (rules.namespaced) {
    if (!namespace) errors.push(required(`${path}.namespace`));
    else
      for (const problem of labelName(namespace))
        errors.push(invalid(`${path}.namespace`, namespace, problem));
  } else if (namespace) errors.push(forbidden(`${path}.namespace`, "not allowed on this type"));
  validateLabels(metadata.labels, `${path}.labels`, errors);
  validateAnnotations(metadata.annotations, `${path}.annotations`, errors);
  validateOwners(metadata, path, errors);
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    for (const problem of qualifiedName(finalizer))
      errors.push(invalid(`${path}.finalizers[${index}]`, finalizer, problem));
    if (
      qualifiedName(finalizer).length === 0 &&
      !finalizer.includes("/") &&
      !["orphan", "foregroundDeletion", "kubernetes"].includes(finalizer)
    ) {
      errors.push(
        invalid(
          `${path}.finalizers[${index}]`,
          finalizer,
          "name is neither a standard finalizer name nor is it fully qualified",
        ),
      );
    }
  }
}

/** A generated name gets a suffix, so that a trailing dash is no mistake. */
const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldError[],
): void {
  for (const key in labels) {
    for (const problem of qualifiedName(key)) errors.push(invalid(path, key, problem));
    for (const problem of labelValue(labels[key]!)) errors.push(invalid(path, labels[key], problem));
  }
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldError[],
): void {
  let size = 0;
  for (const key in annotations) {
    for (const problem of qualifiedName(key.toLowerCase())) errors.push(invalid(path, key, problem));
    size += key.length + annotations[key]!.length;
  }
  if (size > MOST_ANNOTATION_BYTES) errors.push(tooLong(path, MOST_ANNOTATION_BYTES));
}

function validateOwners(metadata: ObjectMeta, path: string, errors: FieldError[]): void {
  const owners = metadata.ownerReferences;
  if (owners === undefined) return;
  let controller: string | undefined;
  owners.forEach((owner) => {
    const at = `${path}.ownerReferences`;
    if (!owner.apiVersion)
      errors.push(invalid(`${at}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    if (!owner.kind) errors.push(invalid(`${at}.kind`, owner.kind ?? "", "must not be empty"));
    if (!owner.name) errors.push(invalid(`${at}.name`, owner.name ?? "", "must not be empty"));
    if (!owner.uid) errors.push(invalid(`${at}.uid`, owner.uid ?? "", "must not be empty"));
    if (owner.controller !== true) return;
    if (controller !== undefined) {
      errors.push(
        invalid(
          at,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`,
        ),
      );
    }
    controller = `${owner.kind}/${owner.name}`;
  });
}

/** What of `metadata` can't change. The server has filled in what clients may leave out. */
export function validateMetadataUpdate(next: ObjectMeta, live: ObjectMeta, errors: FieldError[]): void {
  for (const field of [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const) {
    if (!sameJson(next[field], live[field]))
      errors.push(invalid(`metadata.${field}`, next[field], "field is immutable"));
  }
  if (live.deletionTimestamp === undefined) return;
  const added = (next.finalizers ?? []).filter((finalizer) => !live.finalizers?.includes(finalizer));
  if (added.length > 0) {
    const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
    const problem = forbidden(
      "metadata.finalizers",
      `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
    );
    // Twice, as a real server says it: the storage and the kind both look.
    errors.push(problem, problem);
  }
}
