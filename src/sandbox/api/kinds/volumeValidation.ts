import { type FieldError, duplicate, forbidden, invalid, required } from "../schema/FieldError.ts";
import { nameProblems } from "./fieldRules.ts";
import { labelName } from "./names.ts";
import type { Volume } from "./shapes.ts";

const MANY_SOURCES = "may not specify more than 1 volume type";

/** What is wrong with a pod's volumes. Returns their names, which mounts may use. */
export function validateVolumes(volumes: readonly Volume[], path: string, errors: FieldError[]): Set<string> {
  const names = new Set<string>();
  volumes.forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const { name } = volume;
    if (!name) errors.push(required(`${at}.name`));
    else {
      nameProblems(labelName, name, `${at}.name`, errors);
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    validateSource(volume, at, errors);
  });
  return names;
}

function validateSource(volume: Volume, path: string, errors: FieldError[]): void {
  const sources = Object.keys(volume).filter((field) => field !== "name");
  for (const extra of sources.slice(1)) errors.push(forbidden(`${path}.${extra}`, MANY_SOURCES));
  const part = (field: string): Record<string, unknown> | undefined =>
    volume[field] as Record<string, unknown> | undefined;
  if (part("configMap") && !part("configMap")!["name"]) errors.push(required(`${path}.configMap.name`));
  if (part("secret") && !part("secret")!["secretName"]) errors.push(required(`${path}.secret.secretName`));
  if (part("persistentVolumeClaim") && !part("persistentVolumeClaim")!["claimName"])
    errors.push(required(`${path}.persistentVolumeClaim.claimName`));
  if (part("hostPath") && !part("hostPath")!["path"]) errors.push(required(`${path}.hostPath.path`));
  if (part("csi") && !part("csi")!["driver"]) errors.push(required(`${path}.csi.driver`));
  for (const kind of ["configMap", "secret"]) validateItems(part(kind), `${path}.${kind}`, errors);
  validateDownwardFiles(part("downwardAPI"), `${path}.downwardAPI`, errors);
  const { sources: projected } = part("projected") ?? {};
  if (Array.isArray(projected))
    projected.forEach((source: Record<string, Part>, i) =>
      validateProjection(source, `${path}.projected`, i, errors),
    );
  const nfs = part("nfs");
  if (nfs) {
    if (!nfs["server"]) errors.push(required(`${path}.nfs.server`));
    if (!nfs["path"]) errors.push(required(`${path}.nfs.path`));
    else if (typeof nfs["path"] === "string" && !nfs["path"].startsWith("/"))
      errors.push(invalid(`${path}.nfs.path`, nfs["path"], "must be an absolute path"));
  }
}

type Part = Record<string, unknown> | undefined;

function validateProjection(
  source: Record<string, Part>,
  path: string,
  index: number,
  errors: FieldError[],
): void {
  const at = `${path}.sources[${index}]`;
  for (const kind of ["configMap", "secret"]) validateItems(source[kind], `${at}.${kind}`, errors);
  validateDownwardFiles(source["downwardAPI"], `${at}.downwardAPI`, errors);
  const token = source["serviceAccountToken"];
  // As a real server names it.
  if (token !== undefined) validateFilePath(token["path"], `${path}.path`, errors);
}

/** Which keys become which files. */
function validateItems(source: Part, path: string, errors: FieldError[]): void {
  const { items } = source ?? {};
  if (!Array.isArray(items)) return;
  items.forEach((item: Record<string, unknown>, i) => {
    if (!item["key"]) errors.push(required(`${path}.items[${i}].key`));
    validateFilePath(item["path"], `${path}.items[${i}].path`, errors);
  });
}

function validateDownwardFiles(source: Part, path: string, errors: FieldError[]): void {
  const { items } = source ?? {};
  if (!Array.isArray(items)) return;
  // As a real server names it: without which one.
  for (const item of items as Record<string, unknown>[])
    validateFilePath(item["path"], `${path}.path`, errors);
}

/** A file stays in its volume, and off the names by which that is turned to its next content. */
function validateFilePath(file: unknown, field: string, errors: FieldError[]): void {
  if (typeof file !== "string" || file === "") {
    errors.push(required(field));
    return;
  }
  if (file.startsWith("/")) errors.push(invalid(field, file, "must be a relative path"));
  if (file.split("/").includes("..")) errors.push(invalid(field, file, "must not contain '..'"));
  else if (file.startsWith("..")) errors.push(invalid(field, file, "must not start with '..'"));
}
