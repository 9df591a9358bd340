import { environmentKeySecretName } from "../../secrets/environmentKey.ts";
import type { Context } from "../DeployContext.ts";
import type { Environment } from "../Environment.ts";
import { stateSecret } from "../revisions/revisions.ts";

/**
 * The environment's key for HMACs: the live one, else a new one, written at once. `made` was made because there was none; it is tried without looking again. Two that make it at a time agree
 * on the first.
 */
export async function ensureKey(
  environment: Environment,
  made: Uint8Array | undefined,
  context: Context,
): Promise<Uint8Array> {
  const { client, signal } = context;
  const name = environmentKeySecretName(environment.platform, environment.environment);
  const ref = { apiVersion: "v1", kind: "Secret", name, namespace: environment.namespace };
  const read = async (): Promise<Uint8Array | undefined> => {
    const live = await client.find(ref, { signal });
    const data = (live?.["data"] ?? {}) as { key?: string };
    return data.key === undefined ? undefined : Buffer.from(data.key, "base64");
  };
  const live = made === undefined ? await read() : undefined;
  if (live !== undefined) return live;
  const key = made ?? context.random(32);
  try {
    await client.create(stateSecret(environment, name, "key", { key: Buffer.from(key).toString("base64") }), {
      signal,
    });
    return key;
  } catch (error) {
    // Somebody was faster, or the answer was lost: what is there decides.
    const other = await read();
    if (other === undefined) throw error;
    return other;
  }
}
