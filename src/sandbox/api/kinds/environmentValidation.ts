import { type FieldError, invalid, required } from "../schema/FieldError.ts";
import { nameProblems } from "./fieldRules.ts";
import { configKeyName, envName } from "./names.ts";
import type { Container, EnvVar } from "./shapes.ts";

export function validateEnv(one: EnvVar, path: string, errors: FieldError[]): void {
  if (!one.name) errors.push(required(`${path}.name`));
  else nameProblems(envName, one.name, `${path}.name`, errors);
  const from = one.valueFrom;
  if (from === undefined) return;
  const at = `${path}.valueFrom`;
  const count = Object.values(from).filter((source) => source !== undefined).length;
  if (count === 0)
    errors.push(
      invalid(
        at,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    );
  if (one.value) errors.push(invalid(at, "", "may not be specified when `value` is not empty"));
  if (count > 1) errors.push(invalid(at, "", "may not have more than one field specified at a time"));
  if (from.fieldRef) {
    const field = from.fieldRef.fieldPath ?? "";
    if (field === "") errors.push(required(`${at}.fieldRef.fieldPath`));
    else if (!isFieldPath(field))
      errors.push(
        invalid(
          `${at}.fieldRef.fieldPath`,
          field,
          "error converting fieldPath: field label not supported: " + field,
        ),
      );
  }
  for (const kind of ["configMapKeyRef", "secretKeyRef"] as const) {
    const ref = from[kind];
    if (ref === undefined) continue;
    if (!ref.name) errors.push(required(`${at}.${kind}.name`));
    if (!ref.key) errors.push(required(`${at}.${kind}.key`));
    else nameProblems(configKeyName, ref.key, `${at}.${kind}.key`, errors);
  }
}

const fieldPaths = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

const isFieldPath = (path: string): boolean =>
  fieldPaths.has(path) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(path);

export function validateEnvFrom(
  source: NonNullable<Container["envFrom"]>[number],
  list: string,
  index: number,
  errors: FieldError[],
): void {
  const path = `${list}[${index}]`;
  if (source.prefix) nameProblems(envName, source.prefix, `${path}.prefix`, errors);
  const count = Number(source.configMapRef !== undefined) + Number(source.secretRef !== undefined);
  if (source.configMapRef && !source.configMapRef.name) errors.push(required(`${path}.configMapRef.name`));
  if (source.secretRef && !source.secretRef.name) errors.push(required(`${path}.secretRef.name`));
  // As a real server names it: without which one.
  if (count === 0) errors.push(invalid(list, "", "must specify one of: `configMapRef` or `secretRef`"));
  if (count > 1) errors.push(invalid(list, "", "may not have more than one field specified at a time"));
}
