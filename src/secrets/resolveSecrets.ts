import { parse } from "dotenv";
import type { Problem } from "../contract/index.ts";
import type { SecretDeclaration, SecretSource } from "../platform/ComponentKind.ts";
import { fillTemplate, templateReferences, type TemplateReference } from "./fillTemplate.ts";
import { generateValue, type RandomBytes } from "./generateValue.ts";

export interface SecretInputs {
  /** A file beside the platform file; throws when it can't be read. */
  readFile(path: string): Uint8Array | Promise<Uint8Array>;
  /** The environment of the command. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `data` of a Secret in the environment's namespace as the API server gives it (base64); undefined if there is none. */
  findSecret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  readonly random: RandomBytes;
}

export interface ResolvedSecrets {
  /** By the Secret's object name, then by key. Existing Secrets are among them. */
  readonly values: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Everything that has no value; the values are complete only when there is none. */
  readonly problems: readonly Problem[];
  /** What was made now, because it was not there. */
  readonly generated: readonly { readonly secret: string; readonly key: string }[];
}

/** Finds the values of all declared Secrets. What is missing is collected, and never anything of a value said. */
export async function resolveSecrets(
  declarations: readonly SecretDeclaration[],
  inputs: SecretInputs,
): Promise<ResolvedSecrets> {
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const live = await readLive(declarations, inputs);
  const files = await readDotenvFiles(declarations, inputs);
  const problems: Problem[] = [];
  const generated: { secret: string; key: string }[] = [];
  const values = new Map<string, Record<string, string>>();
  const missing = new Set<string>();

  const fail = (secret: string, key: string, message: string, more: Partial<Problem> = {}): undefined => {
    missing.add(`${secret}/${key}`);
    problems.push({ message: `secret "${secret}": ${key} ${message}`, severity: "error", ...more });
    return undefined;
  };

  const plainValue = (
    secret: string,
    key: string,
    source: Exclude<SecretSource, { from: "template" }>,
  ): string | undefined => {
    switch (source.from) {
      case "dotenv": {
        const file = files.get(source.file);
        const hint = `add a line to ${source.file}: ${source.key}=VALUE`;
        if (file === undefined) {
          return fail(secret, key, `should come from ${source.file}, which is not there or can't be read`, {
            file: source.file,
            hint,
          });
        }
        const value = file[source.key];
        if (value) return value;
        return fail(
          secret,
          key,
          `should be ${source.key} in ${source.file}, which ${value === "" ? "is empty" : "is not there"}`,
          {
            file: source.file,
            hint,
          },
        );
      }
      case "environment": {
        const value = inputs.environment[source.variable];
        if (value) return value;
        return fail(
          secret,
          key,
          `should come from the environment variable ${source.variable}, which is ${value === "" ? "empty" : "not set"}`,
          {
            hint: `set ${source.variable}`,
          },
        );
      }
      case "generated": {
        const kept = live.get(secret)?.[key];
        if (kept) return kept;
        generated.push({ secret, key });
        return generateValue(source.shape, inputs.random, source.bytes);
      }
      default: {
        const data = live.get(secret);
        const value = data?.[key];
        if (value) return value;
        return fail(
          secret,
          key,
          data === undefined
            ? "should be in the cluster, and there is no such Secret"
            : "is not in that Secret of the cluster",
          {
            hint: `kubectl create secret generic ${secret} --from-file=${key}=FILE, or declare another source`,
          },
        );
      }
    }
  };

  const store = (secret: string, key: string, value: string | undefined): void => {
    if (value === undefined) return;
    values.set(secret, { ...values.get(secret), [key]: value });
  };

  for (const { name, keys, existing } of declarations) {
    if (!values.has(name)) values.set(name, {});
    for (const [key, source] of Object.entries(keys)) {
      if (source.from !== "template")
        store(name, key, plainValue(name, key, existing === true ? { from: "existing" } : source));
    }
  }

  // Templates may be made of templates; `path` is how this one was reached.
  const composed = (secret: string, key: string, path: readonly string[]): string | undefined => {
    const id = `${secret}/${key}`;
    const known = values.get(secret)?.[key];
    if (known !== undefined) return known;
    if (missing.has(id)) return undefined;
    const source = byName.get(secret)?.keys[key];
    if (source?.from !== "template") {
      const why = byName.has(secret) ? `has no key ${key}` : "is not declared";
      const [asker = id] = path.slice(-1);
      missing.add(id);
      problems.push({
        message: `secret "${asker}" is composed of ${id}, but "${secret}" ${why}`,
        severity: "error",
      });
      return undefined;
    }
    if (path.includes(id)) return fail(secret, key, `is composed of itself: ${[...path, id].join(" -> ")}`);
    const valueOf = (reference: TemplateReference): string | undefined =>
      composed(reference.secret ?? secret, reference.key, [...path, id]);
    const parts = templateReferences(source.template).map(valueOf);
    if (parts.includes(undefined)) {
      missing.add(id);
      return undefined;
    }
    const value = fillTemplate(source.template, (reference) => valueOf(reference) ?? "", source.encode);
    store(secret, key, value);
    return value;
  };
  for (const { name, keys } of declarations) {
    for (const [key, source] of Object.entries(keys)) if (source.from === "template") composed(name, key, []);
  }
  return { values, problems, generated };
}

/** Live Secrets, for what is kept or must exist. */
async function readLive(
  declarations: readonly SecretDeclaration[],
  inputs: SecretInputs,
): Promise<Map<string, Record<string, string>>> {
  const wanted = declarations.filter(
    ({ existing, keys }) =>
      existing === true ||
      Object.values(keys).some(({ from }) => from === "generated" || from === "existing"),
  );
  const found = await Promise.all(
    wanted.map(async ({ name }) => [name, await inputs.findSecret(name)] as const),
  );
  return new Map(
    found.flatMap(([name, data]) => {
      if (data === undefined) return [];
      const decoded: Record<string, string> = {};
      for (const [key, value] of Object.entries(data))
        decoded[key] = Buffer.from(value, "base64").toString("utf8");
      return [[name, decoded] as const];
    }),
  );
}

/** Each file once; undefined for what can't be read. */
async function readDotenvFiles(
  declarations: readonly SecretDeclaration[],
  inputs: SecretInputs,
): Promise<Map<string, Record<string, string> | undefined>> {
  const sources = declarations.flatMap(({ keys }) => Object.values(keys));
  const names = new Set(sources.flatMap((source) => (source.from === "dotenv" ? [source.file] : [])));
  const read = async (name: string): Promise<Record<string, string> | undefined> => {
    try {
      return parse(Buffer.from(await inputs.readFile(name)));
    } catch {
      return undefined;
    }
  };
  return new Map(await Promise.all([...names].map(async (name) => [name, await read(name)] as const)));
}
