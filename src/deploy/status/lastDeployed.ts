import type { KubeObject } from "../../contract/index.ts";
import type { RenderedComponent } from "../../platform/Rendering.ts";
import { environmentKeySecretName, valueHmac } from "../../secrets/environmentKey.ts";
import { stateOf, type Environment } from "../Environment.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import { linesOf, soundChunk } from "../revisions/chunks.ts";
import { parseRevision } from "../revisions/revisions.ts";

/** What the last revision says was deployed, as it is found among the Secrets of the namespace. */
export interface LastDeployed {
  readonly objects: readonly WantedObject[];
  readonly components: readonly RenderedComponent[];
  /** Whether the value of a Secret's key is the one that was deployed; undefined: not known. */
  isSameSecret(recorded: KubeObject, live: KubeObject, key: string): boolean | undefined;
}

const bytesOf = (secret: KubeObject | undefined, key: string): Buffer | undefined => {
  const text = ((secret?.["data"] ?? {}) as Record<string, string>)[key];
  return text === undefined ? undefined : Buffer.from(text, "base64");
};

/** Undefined when the revision, or a part of it, is not there or damaged. */
export function lastDeployed(
  environment: Environment,
  number: number,
  secrets: ReadonlyMap<string, KubeObject>,
): LastDeployed | undefined {
  const state = stateOf(environment);
  const revision = bytesOf(secrets.get(`${state}-r-${number}`), "revision");
  if (revision === undefined) return undefined;
  const record = parseRevision(revision.toString("utf8"), number);
  if (record === undefined) return undefined;
  const whole = record.chunks.flatMap((id) => {
    const kept = bytesOf(secrets.get(`${state}-c-${id}`), "chunk");
    return (kept === undefined ? undefined : soundChunk(kept, id)) ?? [];
  });
  if (whole.length < record.chunks.length) return undefined;
  const [head = "{}", ...lines] = linesOf(whole);
  const { components = [] } = JSON.parse(head) as { components?: RenderedComponent[] };
  const hmacKey = bytesOf(
    secrets.get(environmentKeySecretName(environment.platform, environment.environment)),
    "key",
  );
  return {
    components,
    objects: lines.map((line) => JSON.parse(line) as WantedObject),
    isSameSecret(recorded, live, key) {
      const then = ((recorded["data"] ?? {}) as Record<string, string>)[key];
      const now = ((live["data"] ?? {}) as Record<string, string>)[key];
      if (hmacKey === undefined || then === undefined || now === undefined) return undefined;
      return then === `hmac-sha256:${valueHmac(hmacKey, live.metadata.name ?? "", key, now)}`;
    },
  };
}
