import { labels, instanceOf, type KubeObject } from "../contract/index.ts";
import type { SecretDeclaration } from "../platform/ComponentKind.ts";

/** The Secret of a declaration: `data`, never `stringData` (that is write-only: it could not be compared with what is live). */
export function secretObject(
  declaration: SecretDeclaration,
  values: Readonly<Record<string, string>>,
  environment: { platform: string; environment: string; namespace: string },
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: declaration.name,
      namespace: environment.namespace,
      labels: {
        ...(declaration.component !== undefined && { [labels.name]: declaration.component }),
        [labels.instance]: instanceOf(environment.platform, environment.environment),
        [labels.partOf]: environment.platform,
        [labels.managedBy]: "moorage",
      },
    },
    type: declaration.type ?? "Opaque",
    data: Object.fromEntries(
      Object.keys(declaration.keys).map((key) => [
        key,
        Buffer.from(values[key] ?? "", "utf8").toString("base64"),
      ]),
    ),
  };
}
