import type { DeploySource } from "../../deploy/index.ts";
import { renderEnvironment } from "../../platform/index.ts";

/**
 * The same platform, whose secrets have values: rights do not depend on them, and whoever prints or grants rights need not have them. A deploy without them would end before it asked for
 * anything, and no right but that of looking would be found.
 */
export function assumeSecretValues(source: DeploySource): DeploySource {
  const { loaded } = source.evaluated;
  const { secrets } = renderEnvironment(source.evaluated, { secretsOnly: true });
  const files = new Map<string, Map<string, string>>();
  const variables = new Map<string, string>();
  for (const { keys } of secrets) {
    for (const [key, from] of Object.entries(keys)) {
      if (from.from === "environment") variables.set(from.variable, valueOf(key));
      if (from.from !== "dotenv") continue;
      const file = files.get(from.file) ?? new Map<string, string>();
      files.set(from.file, file.set(from.key, valueOf(key)));
    }
  }
  return {
    ...source,
    processEnvironment: { ...source.processEnvironment, ...Object.fromEntries(variables) },
    evaluated: {
      ...source.evaluated,
      loaded: {
        ...loaded,
        readFile: (path) => {
          const file = files.get(path);
          if (file === undefined) return loaded.readFile(path);
          return new TextEncoder().encode([...file].map(([key, value]) => `${key}='${value}'\n`).join(""));
        },
      },
    },
  };
}

/** What an API server accepts under this key: it looks into credentials of registries. */
const valueOf = (key: string): string => (key === ".dockerconfigjson" ? '{"auths":{}}' : "assumed");
