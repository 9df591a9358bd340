import {
  type FieldError,
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from "../schema/FieldError.ts";
import { nanosOf } from "../schema/quantity.ts";
import { type ClaimSpec, validateClaim } from "./claimValidation.ts";
import { nameProblems, supported } from "./fieldRules.ts";
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
  const hostPath = part("hostPath");
  if (hostPath !== undefined) validateHostPath(hostPath, `${path}.hostPath`, errors);
  const sizeLimit = nanosOf(part("emptyDir")?.["sizeLimit"]);
  if (sizeLimit !== undefined && sizeLimit < 0n)
    errors.push(forbidden(`${path}.emptyDir.sizeLimit`, "SizeLimit field must be a valid resource quantity"));
  for (const kind of ["secret", "configMap", "downwardAPI", "projected"])
    validateMode(part(kind)?.["defaultMode"], `${path}.${kind}.defaultMode`, errors);
  const policy = part("image")?.["pullPolicy"];
  if (typeof policy === "string")
    supported(policy, ["Always", "IfNotPresent", "Never"], `${path}.image.pullPolicy`, errors);
  const claim = (part("ephemeral") as { volumeClaimTemplate?: { spec?: ClaimSpec } } | undefined)
    ?.volumeClaimTemplate;
  if (claim !== undefined)
    validateClaim(claim.spec ?? {}, `${path}.ephemeral.volumeClaimTemplate.spec`, errors);
  if (part("csi") && !part("csi")!["driver"]) errors.push(required(`${path}.csi.driver`));
  for (const kind of ["configMap", "secret"]) validateItems(part(kind), `${path}.${kind}`, errors);
  validateDownwardFiles(part("downwardAPI"), `${path}.downwardAPI`, errors);
  const { sources: projected } = part("projected") ?? {};
  if (Array.isArray(projected)) {
    const files = new Set<string>();
    projected.forEach((source: Record<string, Part>, i) =>
      validateProjection(source, `${path}.projected`, i, files, errors),
    );
  }
  const nfs = part("nfs");
  if (nfs) {
    if (!nfs["server"]) errors.push(required(`${path}.nfs.server`));
    if (!nfs["path"]) errors.push(required(`${path}.nfs.path`));
    else if (typeof nfs["path"] === "string" && !nfs["path"].startsWith("/"))
      errors.push(invalid(`${path}.nfs.path`, nfs["path"], "must be an absolute path"));
  }
}

type Part = Record<string, unknown> | undefined;

const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

/** Also of a PersistentVolume. */
export function validateHostPath(
  { path: folder, type }: Record<string, unknown>,
  path: string,
  errors: FieldError[],
): void {
  if (typeof folder !== "string" || folder === "") {
    errors.push(required(`${path}.path`));
    return;
  }
  if (folder.split("/").includes("..")) errors.push(invalid(`${path}.path`, folder, "must not contain '..'"));
  if (typeof type === "string" && !hostPathTypes.includes(type))
    errors.push(notSupported(`${path}.type`, type, hostPathTypes));
}

function validateMode(mode: unknown, field: string, errors: FieldError[]): void {
  if (typeof mode === "number" && (mode < 0 || mode > 0o777))
    errors.push(invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive"));
}

function validateProjection(
  source: Record<string, Part>,
  path: string,
  index: number,
  files: Set<string>,
  errors: FieldError[],
): void {
  const at = `${path}.sources[${index}]`;
  /** No two parts of a volume make the same file. `named`: how a real server says which one did. */
  const once = (part: Part, named?: unknown): void => {
    const items = part?.["items"];
    if (!Array.isArray(items)) return;
    for (const { path: file } of items as Record<string, unknown>[]) {
      if (typeof file !== "string" || file === "") continue;
      if (files.has(file)) errors.push(invalid(path, named ?? file, "conflicting duplicate paths"));
      files.add(file);
    }
  };
  for (const kind of ["secret", "configMap"]) {
    validateItems(source[kind], `${at}.${kind}`, errors);
    once(source[kind], source[kind]?.["name"]);
  }
  validateDownwardFiles(source["downwardAPI"], `${at}.downwardAPI`, errors);
  once(source["downwardAPI"]);
  const token = source["serviceAccountToken"];
  const seconds = token?.["expirationSeconds"];
  if (typeof seconds === "number" && seconds < 600)
    errors.push(
      invalid(
        `${at}.serviceAccountToken.expirationSeconds`,
        seconds,
        "may not specify a duration less than 10 minutes",
      ),
    );
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
    validateMode(item["mode"], `${path}.items[${i}].mode`, errors);
  });
}

function validateDownwardFiles(source: Part, path: string, errors: FieldError[]): void {
  const { items } = source ?? {};
  if (!Array.isArray(items)) return;
  // As a real server names it: without which one.
  for (const item of items as Record<string, unknown>[]) {
    validateFilePath(item["path"], `${path}.path`, errors);
    const { fieldPath } = (item["fieldRef"] ?? {}) as { fieldPath?: string };
    if (fieldPath !== undefined && !isFileField(fieldPath))
      errors.push(notSupported(`${path}.fieldRef.fieldPath`, fieldPath, fileFields));
    validateMode(item["mode"], `${path}.mode`, errors);
  }
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

const fileFields = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

/** What of a pod can be a file: what stays, and what changes with it. */
const isFileField = (field: string): boolean =>
  fileFields.includes(field) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(field);
