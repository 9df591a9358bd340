import type { KubeObject } from "../../contract/index.ts";
import { valueHmac } from "../../secrets/environmentKey.ts";

/** What stands in a revision in place of a secret value. */
const prefix = "hmac-sha256:";

/** An object as it is recorded: of a Secret the keys, and an HMAC of each value, which tells whether it has changed and nothing else. */
export function secretlessObject(object: KubeObject, key: Uint8Array): KubeObject {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return object;
  const hidden = (values: unknown, encoding: "base64" | "utf8"): Record<string, string> =>
    Object.fromEntries(
      Object.entries((values ?? {}) as Record<string, string>).map(([name, value]) => [
        name,
        prefix +
          valueHmac(key, object.metadata.name ?? "", name, Buffer.from(value, encoding).toString("base64")),
      ]),
    );
  const { stringData, ...rest } = object;
  return { ...rest, data: { ...hidden(object["data"], "base64"), ...hidden(stringData, "utf8") } };
}

/** Whether the values of a live Secret are those that were recorded. */
export function hasRecordedValues(recorded: KubeObject, live: KubeObject, key: Uint8Array): boolean {
  const then = (recorded["data"] ?? {}) as Record<string, string>;
  const now = secretlessObject(live, key)["data"] as Record<string, string>;
  return Object.entries(then).every(([name, value]) => now[name] === value);
}
