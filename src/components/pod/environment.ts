import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import type { RenderContext } from "../../platform/ComponentKind.ts";
import { secretNameIn, secretRef } from "../../platform/fields.ts";
import { text, variableName } from "../fields.ts";

/** Fields by which a container gets its environment variables. */
export const environmentFields = lazily(() => ({
  env: z
    .record(
      variableName(),
      z.union([text(), z.number(), z.boolean(), z.strictObject({ field: z.string() })]).optional(),
    )
    .optional()
    .meta({ description: 'Environment variables. { field: "metadata.name" } is a field of the pod.' }),
  envFrom: z
    .array(secretRef())
    .optional()
    .meta({ description: "Declared secrets, of which every key becomes a variable." }),
}));

const environmentSchema = lazily(() => z.strictObject(environmentFields()));
export type EnvironmentSpec = z.output<ReturnType<typeof environmentSchema>>;

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: { name: string; key: string };
    fieldRef?: { fieldPath: string; apiVersion?: string };
  };
}

export interface RenderedEnvironment {
  readonly env: EnvVar[];
  readonly envFrom: { secretRef: { name: string } }[];
  /** Names of the Secrets that it reads. */
  readonly secrets: string[];
}

/**
 * A secret inside a longer string becomes a variable of its own, placed before, and `$(NAME)` in the string: the kubelet puts the value
 * in, no object holds it. Text that people write with `$(NAME)` in it means what it means in Kubernetes.
 */
export function renderEnvironment(spec: EnvironmentSpec, context: RenderContext): RenderedEnvironment {
  const parts = new Map<string, EnvVar>();
  const taken = new Set(Object.keys(spec.env ?? {}));
  const env: EnvVar[] = [];
  const envFrom = (spec.envFrom ?? []).map((secret) => ({
    secretRef: { name: context.secretName(secretNameIn(secret)) },
  }));
  const secrets = new Set(envFrom.map(({ secretRef: { name } }) => name));

  const partOf = (secret: string, key: string): string => {
    const id = `${secret}/${key}`;
    const known = parts.get(id);
    if (known) return known.name;
    const base = `SECRET_${secret}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_");
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    parts.set(id, { name, valueFrom: { secretKeyRef: { name: secret, key } } });
    return name;
  };

  for (const [name, value] of Object.entries(spec.env ?? {})) {
    if (value === undefined) continue;
    if (typeof value === "object") {
      env.push({ name, valueFrom: { fieldRef: { fieldPath: value.field } } });
      continue;
    }
    const pieces = context.resolve(String(value));
    for (const piece of pieces)
      if (typeof piece === "object" && piece.type === "secret") secrets.add(piece.secret);
    const [only] = pieces;
    if (pieces.length === 1 && typeof only === "object" && only.type === "secret") {
      env.push({ name, valueFrom: { secretKeyRef: { name: only.secret, key: only.key } } });
      continue;
    }
    const joined = pieces.map((piece) => {
      if (typeof piece === "string") return piece;
      return piece.type === "text" ? piece.value : `$(${partOf(piece.secret, piece.key)})`;
    });
    env.push({ name, value: joined.join("") });
  }
  return { env: [...parts.values(), ...env], envFrom, secrets: [...secrets] };
}
