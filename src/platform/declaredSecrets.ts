import type { RenderContext, SecretDeclaration, SecretSource } from "./ComponentKind.ts";
import type { SourceDefinition } from "./definition.ts";
import type { LayeredSettings } from "./definition.ts";

/** The Secrets that the platform file declares itself, without registry credentials in the sandbox, which pulls no images. */
export function declaredSecrets(settings: LayeredSettings, context: RenderContext): SecretDeclaration[] {
  return Object.entries(settings.secrets)
    .filter(([name]) => !(context.sandbox && settings.pullSecrets.includes(name)))
    .map(([name, secret]): SecretDeclaration => {
      const object = context.secretName(name);
      if (!("from" in secret)) {
        const keys = Object.entries(secret.keys).map(([key, source]) => [
          key,
          complete(key, source, context),
        ]);
        return {
          name: object,
          keys: Object.fromEntries(keys) as Record<string, SecretSource>,
          type: secret.type,
        };
      }
      const source: SourceDefinition =
        secret.from === "dotenv" ? { from: "dotenv", file: secret.file } : { from: secret.from };
      const keys = Object.fromEntries(secret.keys.map((key) => [key, complete(key, source, context)]));
      return secret.from === "existing"
        ? { name: object, keys, existing: true }
        : { name: object, keys, type: secret.type };
    });
}

function complete(key: string, source: SourceDefinition, context: RenderContext): SecretSource {
  switch (source.from) {
    case "dotenv":
      return { from: "dotenv", file: source.file ?? ".env", key: source.key ?? key };
    case "environment":
      return { from: "environment", variable: source.variable ?? key };
    case "generated":
      return { from: "generated", shape: source.shape ?? "password", bytes: source.bytes };
    case "template":
      return { from: "template", template: context.text(source.template), encode: source.encode };
    default:
      return { from: "existing" };
  }
}
