import { X509Certificate } from "node:crypto";
import { labels, type KubeObject } from "../../contract/index.ts";
import { podTemplateOf } from "../graph/references.ts";
import { isMap } from "../plan/deepEqual.ts";
import type { Finding } from "./EnvironmentStatus.ts";

const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isMap) : []);
const map = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});

/** A Secret, or a key of it, without which something cannot run. */
interface Need {
  readonly secret: string;
  readonly key?: string;
  /** What is lost without it. */
  readonly use: "program" | "pull" | "certificate";
}

/** Days before its end from which a certificate is told of: cert-manager renews those of 90 days at 30. */
const endsSoon = 21;

/**
 * What is missing of the Secrets that a component's objects refer to, and which certificates end soon. Nothing of a Secret but the names of its keys, and the dates of a certificate, gets out.
 */
export function secretFindings(
  objects: readonly KubeObject[],
  secrets: ReadonlyMap<string, KubeObject>,
  now: number,
): Finding[] {
  const found = new Map<string, Finding>();
  for (const object of objects) {
    const component = object.metadata.labels?.[labels.name];
    for (const need of needsOf(object)) {
      const told = problemOf(need, secrets.get(need.secret), now);
      if (told === undefined) continue;
      const id = `${component ?? ""} ${told.message}`;
      if (!found.has(id)) found.set(id, { ...told, ...(component === undefined ? {} : { component }) });
    }
  }
  return [...found.values()];
}

function problemOf(
  { secret, key, use }: Need,
  live: KubeObject | undefined,
  now: number,
): Finding | undefined {
  if (live === undefined) {
    if (use === "certificate")
      return { severity: "error", message: `the certificate ${secret} is missing: HTTPS does not work` };
    const what = use === "pull" ? `the credentials ${secret} for its registry are` : `Secret ${secret} is`;
    return { severity: use === "pull" ? "warning" : "error", message: `${what} missing` };
  }
  const data = map(live["data"]);
  if (key !== undefined && !Object.hasOwn(data, key))
    return { severity: "error", message: `Secret ${secret} has no key ${key}` };
  return use === "certificate" ? certificateProblem(secret, data["tls.crt"], now) : undefined;
}

function certificateProblem(secret: string, encoded: unknown, now: number): Finding | undefined {
  if (typeof encoded !== "string" || encoded === "")
    return { severity: "error", message: `the certificate ${secret} is empty: HTTPS does not work` };
  let ends: number;
  try {
    ends = Date.parse(new X509Certificate(Buffer.from(encoded, "base64")).validTo);
  } catch {
    return { severity: "error", message: `the certificate ${secret} cannot be read: HTTPS does not work` };
  }
  const day = new Date(ends).toISOString().slice(0, 10);
  const left = Math.floor((ends - now) / 86_400_000);
  if (left < 0) return { severity: "error", message: `the certificate ${secret} ended on ${day}` };
  if (left >= endsSoon) return undefined;
  const soon = left === 0 ? "today" : left === 1 ? "tomorrow" : `in ${left} days`;
  return { severity: "warning", message: `the certificate ${secret} ends ${soon}, on ${day}` };
}

function needsOf(object: KubeObject): Need[] {
  const needs: Need[] = [];
  const add = (use: Need["use"], source: Record<string, unknown>, name: unknown, key?: unknown): void => {
    if (source["optional"] === true || typeof name !== "string" || name === "") return;
    needs.push({ use, secret: name, ...(typeof key === "string" ? { key } : {}) });
  };
  if (object.kind === "Ingress")
    for (const tls of list(map(object["spec"])["tls"])) add("certificate", tls, tls["secretName"]);
  const pod = podTemplateOf(object)?.spec;
  if (pod === undefined) return needs;
  for (const pull of list(pod["imagePullSecrets"])) add("pull", pull, pull["name"]);
  for (const container of [...list(pod["initContainers"]), ...list(pod["containers"])]) {
    for (const { secretRef } of list(container["envFrom"]))
      add("program", map(secretRef), map(secretRef)["name"]);
    for (const { valueFrom } of list(container["env"])) {
      const from = map(map(valueFrom)["secretKeyRef"]);
      add("program", from, from["name"], from["key"]);
    }
  }
  for (const volume of list(pod["volumes"])) {
    for (const source of [volume, ...list(map(volume["projected"])["sources"])]) {
      const secret = map(source["secret"]);
      const name = secret["secretName"] ?? secret["name"];
      const items = list(secret["items"]);
      if (items.length === 0) add("program", secret, name);
      for (const item of items) add("program", secret, name, item["key"]);
    }
  }
  return needs;
}
