import { instanceOf, labels, type KubeObject } from "../contract/index.ts";
import type { KubeClient } from "../kube/index.ts";
import type { CommandContext } from "./CommandContext.ts";

/**
 * Takes the secrets of an environment, as they are in the cluster now, out of texts that come from there, and out of all that is printed
 * from now on: for commands that don't find the values themselves. An account that may not read Secrets can't: what programs write is then shown as it is.
 */
export async function liveRedactor(
  client: KubeClient,
  environment: { readonly platform: string; readonly environment: string; readonly namespace: string },
  { signal, output }: Pick<CommandContext, "signal" | "output">,
): Promise<(text: string) => string> {
  const instance = instanceOf(environment.platform, environment.environment);
  let secrets: readonly KubeObject[];
  try {
    const found = await client.list(
      { apiVersion: "v1", kind: "Secret" },
      { namespace: environment.namespace, labelSelector: `${labels.instance}=${instance}`, signal },
    );
    secrets = found.items;
  } catch (error) {
    const { isForbidden } = await import("../kube/index.ts");
    if (isForbidden(error))
      output.remark(
        "This account may not read Secrets: what the cluster and its programs say is shown as it is.",
      );
    // Whatever else stands in the way here, the command itself meets it and says so.
    return (text) => text;
  }
  const { createRedactor } = await import("../secrets/index.ts");
  const values = secrets
    // What Moorage keeps of its deploys is a Secret too, and no secret of the platform.
    .filter((secret) => secret.metadata.labels?.["moorage.dev/state"] === undefined)
    .flatMap((secret) => Object.values((secret["data"] ?? {}) as Record<string, string>));
  const redact = createRedactor(values.map((value) => Buffer.from(value, "base64").toString()));
  output.hide(redact);
  return redact;
}
