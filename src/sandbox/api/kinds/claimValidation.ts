import { type FieldError, forbidden, invalid, notSupported, required } from "../schema/FieldError.ts";
import { isQuantity, nanosOf, quantityProblem } from "../schema/quantity.ts";
import { nameProblems, supported } from "./fieldRules.ts";
import { subdomainName } from "./names.ts";

export interface ClaimSpec {
  accessModes?: string[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  storageClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** Also for the claims of templates. */
export function validateClaim(spec: ClaimSpec, path: string, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, "at least 1 access mode is required"));
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported(`${path}.accessModes`, mode, accessModes));
  if (modes.includes("ReadWriteOncePod") && modes.length > 1) {
    errors.push(forbidden(`${path}.accessModes`, "may not use ReadWriteOncePod with other access modes"));
  }
  const storage = spec.resources?.requests?.["storage"];
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else if (!isQuantity(storage)) errors.push(invalid(`${path}.resources[storage]`, storage, quantityProblem));
  else if (nanosOf(storage)! <= 0n)
    errors.push(invalid(`${path}.resources[storage]`, storage, "must be greater than zero"));
  if (spec.storageClassName)
    nameProblems(subdomainName, spec.storageClassName, `${path}.storageClassName`, errors);
  supported(spec.volumeMode, ["Block", "Filesystem"], `${path}.volumeMode`, errors);
}
