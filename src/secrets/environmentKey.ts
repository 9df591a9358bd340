import { createHmac } from "node:crypto";
import { stateNameOf } from "../contract/index.ts";
import type { SecretInputs } from "./resolveSecrets.ts";

/** The key of an environment, under which HMACs of secrets are made. 32 bytes, in a Secret beside the environment's other state. */
export interface EnvironmentKey {
  readonly key: Uint8Array;
  /** Name of the Secret that holds it. */
  readonly secret: string;
  /** Its `data`, to be written when `isNew`. */
  readonly data: Readonly<Record<string, string>>;
  /** It was made now; a deploy writes it before anything that depends on it. */
  readonly isNew: boolean;
}

/** Name of the Secret with the key. */
export const environmentKeySecretName = (platform: string, environment: string): string =>
  `${stateNameOf(platform, environment)}-key`;

/** Reads the live key, or makes one. */
export async function environmentKey(
  platform: string,
  environment: string,
  inputs: Pick<SecretInputs, "findSecret" | "random">,
): Promise<EnvironmentKey> {
  const secret = environmentKeySecretName(platform, environment);
  const live = (await inputs.findSecret(secret))?.key;
  const key = live === undefined ? inputs.random(32) : Buffer.from(live, "base64");
  return { key, secret, isNew: live === undefined, data: { key: Buffer.from(key).toString("base64") } };
}

/** HMAC-SHA-256 of one value, bound to its place, so that equal values in two places don't show. For revisions. */
export const valueHmac = (key: Uint8Array, secret: string, dataKey: string, value: string): string =>
  createHmac("sha256", key)
    .update(JSON.stringify([secret, dataKey, value]))
    .digest("hex");
