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
  const nfs = part("nfs");
  if (nfs) {
    if (!nfs["server"]) errors.push(required(`${path}.nfs.server`));
    if (!nfs["path"]) errors.push(required(`${path}.nfs.path`));
    else if (typeof nfs["path"] === "string" && !nfs["path"].startsWith("/"))
      errors.push(invalid(`${path}.nfs.path`, nfs["path"], "must be an absolute path"));
  }
}
