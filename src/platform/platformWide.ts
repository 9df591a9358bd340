import { createHash } from "node:crypto";
import type { KubeObject } from "../contract/index.ts";
import type { RenderContext } from "./ComponentKind.ts";
import type { LayeredSettings } from "./definition.ts";
import { podTemplateOf, type Container } from "./podSpecOf.ts";
import { readReferences } from "./readReferences.ts";

const mountPath = "/etc/moorage/ca";
const bundle = `${mountPath}/ca.crt`;
/** What OpenSSL, Node.js, requests and curl read. */
const caVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

type EnvVar = NonNullable<Container["env"]>[number];

/** The platform's `env`, `ca` and `pullSecrets`: changes of every pod, and the objects that they need. */
export function platformWide(
  settings: LayeredSettings,
  context: RenderContext,
): { objects: KubeObject[]; change: (object: KubeObject) => void } {
  const env = Object.entries(settings.env).flatMap(([name, value]) => variables(name, value, context));
  const objects: KubeObject[] = [];
  let authorities: string | undefined;
  if (settings.ca !== undefined) {
    const pem = Buffer.from(context.readFile(settings.ca)).toString("utf8");
    // The content is in the name: a change rolls the pods, and a rollback finds the old one.
    authorities = `${context.platform}${context.suffix}-ca-${createHash("sha256").update(pem).digest("hex").slice(0, 8)}`;
    objects.push({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: authorities, namespace: context.namespace },
      data: { "ca.crt": pem },
    });
    env.push(...caVariables.map((name) => ({ name, value: bundle })));
  }
  const pullSecrets = context.sandbox
    ? []
    : settings.pullSecrets.map((name) => ({ name: context.secretName(name) }));
  const changeContainer = (container: Container): void => {
    const own = new Set(container.env?.map(({ name }) => name));
    const added = env.filter(({ name }) => !own.has(name));
    // First, so that the container's own variables can use them: $(NAME).
    if (added.length > 0) container.env = [...added, ...(container.env ?? [])];
    if (authorities === undefined) return;
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name: "moorage-ca", mountPath, readOnly: true },
    ];
  };
  const change = (object: KubeObject): void => {
    const spec = podTemplateOf(object)?.spec;
    if (spec === undefined) return;
    for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
      changeContainer(container);
    if (authorities !== undefined) {
      spec.volumes = [...(spec.volumes ?? []), { name: "moorage-ca", configMap: { name: authorities } }];
    }
    const missing = pullSecrets.filter(
      ({ name }) => !spec.imagePullSecrets?.some((one) => one.name === name),
    );
    if (missing.length > 0) spec.imagePullSecrets = [...(spec.imagePullSecrets ?? []), ...missing];
  };
  return { objects, change };
}

/** A secret inside a longer string becomes a variable of its own, which the kubelet expands. */
function variables(name: string, value: string | number | boolean, context: RenderContext): EnvVar[] {
  const pieces = context.resolve(String(readReferences(String(value))));
  const [only] = pieces;
  const from = (secret: string, key: string): unknown => ({ secretKeyRef: { name: secret, key } });
  if (pieces.length === 1 && only !== undefined && typeof only !== "string" && only.type === "secret") {
    return [{ name, valueFrom: from(only.secret, only.key) }];
  }
  const result: EnvVar[] = [];
  let text = "";
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else if (piece.type === "text") text += piece.value;
    else {
      const variable = `${name}_${piece.key.replaceAll(/\W/gu, "_")}`;
      result.push({ name: variable, valueFrom: from(piece.secret, piece.key) });
      text += `$(${variable})`;
    }
  }
  return [...result, { name, value: text }];
}
