import type { KubeObject } from "../../../contract/index.ts";
import { Buffer } from "node:buffer";
import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, forbidden, invalid, required, tooLong } from "../schema/FieldError.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import { configKeyName } from "./names.ts";

const MOST_BYTES = 1024 * 1024;
type Data = Record<string, string> | undefined;

function validateImmutable(
  next: KubeObject,
  live: KubeObject,
  fields: readonly string[],
  errors: FieldError[],
): void {
  if (live["immutable"] !== true) return;
  const message = "field is immutable when `immutable` is set";
  if (next["immutable"] !== true) errors.push(forbidden("immutable", message));
  for (const field of fields)
    if (!sameJson(next[field] ?? {}, live[field] ?? {})) errors.push(forbidden(field, message));
}

export const configMap: KindStrategy = strategy({
  hasStatus: false,
  changesFirst: true,
  validate(object, errors) {
    const data = object["data"] as Data;
    const binary = object["binaryData"] as Data;
    let size = 0;
    for (const key in data) {
      const text = data[key]!;
      for (const problem of configKeyName(key)) errors.push(invalid(`data[${key}]`, key, problem));
      if (binary !== undefined && Object.hasOwn(binary, key))
        errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
      size += Buffer.byteLength(text);
    }
    for (const [key, text] of Object.entries(binary ?? {})) {
      for (const problem of configKeyName(key)) errors.push(invalid(`binaryData[${key}]`, key, problem));
      size += Buffer.byteLength(text, "base64");
    }
    if (size > MOST_BYTES) errors.push(tooLong("[]", MOST_BYTES));
  },
  validateUpdate(next, live, errors) {
    validateImmutable(next, live, ["data", "binaryData"], errors);
  },
});

/** Keys that a type of Secret must have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
};

export const secret: KindStrategy = strategy({
  hasStatus: false,
  changesFirst: true,
  defaults(object) {
    object["type"] ||= "Opaque";
    const texts = object["stringData"] as Data;
    // `stringData` is for writing only.
    if (texts === undefined) return;
    const data = (object["data"] ??= {}) as Record<string, string>;
    for (const key in texts) data[key] = Buffer.from(texts[key]!).toString("base64");
    if (Object.keys(data).length === 0) delete object["data"];
    delete object["stringData"];
  },
  validate(object, errors) {
    const data = (object["data"] as Data) ?? {};
    let size = 0;
    for (const key in data) {
      for (const problem of configKeyName(key)) errors.push(invalid(`data[${key}]`, key, problem));
      size += Buffer.byteLength(data[key]!, "base64");
    }
    if (size > MOST_BYTES) errors.push(tooLong("data", MOST_BYTES));
    const type = String(object["type"]);
    for (const key of requiredKeys[type] ?? [])
      if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
    if (
      type === "kubernetes.io/basic-auth" &&
      data["username"] === undefined &&
      data["password"] === undefined
    ) {
      errors.push(required("data[username]"), required("data[password]"));
    }
    if (
      type === "kubernetes.io/dockerconfigjson" &&
      data[".dockerconfigjson"] !== undefined &&
      !isJson(data[".dockerconfigjson"])
    ) {
      errors.push(
        invalid("data[.dockerconfigjson]", "<secret contents redacted>", "invalid character in JSON"),
      );
    }
    if (
      type === "kubernetes.io/service-account-token" &&
      !object.metadata.annotations?.["kubernetes.io/service-account.name"]
    ) {
      errors.push(required("metadata.annotations[kubernetes.io/service-account.name]"));
    }
  },
  validateUpdate(next, live, errors) {
    if (next["type"] !== live["type"]) errors.push(invalid("type", next["type"], "field is immutable"));
    validateImmutable(next, live, ["data"], errors);
  },
});

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, "base64").toString());
    return true;
  } catch {
    return false;
  }
}
