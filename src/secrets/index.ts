export {
  environmentKey,
  environmentKeySecretName,
  valueHmac,
  type EnvironmentKey,
} from "./environmentKey.ts";
export { fillTemplate, percentEncoded, templateReferences, type TemplateReference } from "./fillTemplate.ts";
export { generateValue, type GeneratedShape, type RandomBytes } from "./generateValue.ts";
export { createRedactor, redact, redacted } from "./redact.ts";
export { resolveSecrets, type ResolvedSecrets, type SecretInputs } from "./resolveSecrets.ts";
export { trivialValues } from "./secretForms.ts";
