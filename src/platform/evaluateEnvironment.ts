import { MoorageError, type Location, type Problem } from "../contract/index.ts";
import { isComponent, recordOf, registry, type AnyComponent } from "./Component.ts";
import type { ComponentKind, PlacedComponent } from "./ComponentKind.ts";
import { creationLine } from "./creationLine.ts";
import { dnsLabel, isComponentRecord, layeredSchema, type EnvironmentDefinition } from "./definition.ts";
import { findReferences, type Found } from "./findReferences.ts";
import type { LoadedPlatform } from "./LoadedPlatform.ts";
import type { Lock } from "./lock.ts";
import { merge } from "./merge.ts";
import { orderOf } from "./order.ts";
import { loadError } from "./runPlatformFile.ts";
import { schemaProblems } from "./schemaProblems.ts";
import { secret } from "./secret.ts";
import { didYouMean } from "./suggest.ts";
import { counted, throwProblems } from "./throwProblems.ts";
import { readReferences } from "./yamlReferences.ts";
import type { z } from "zod";

/** One environment of a platform: its components have their places, names and order, and their specifications hold. */
export interface EvaluatedEnvironment {
  readonly platform: string;
  readonly name: string;
  readonly loaded: LoadedPlatform;
  readonly target:
    | "sandbox"
    | { readonly context: string; readonly flavor: "kubernetes" | "openshift"; readonly server?: string };
  /** Of the environment's own target, also when it is deployed into a sandbox. */
  readonly flavor: "kubernetes" | "openshift";
  readonly namespace: string;
  readonly createNamespace: boolean;
  readonly suffix: string;
  readonly podSecurity: "restricted" | "baseline" | "privileged";
  /** The environment that a version must have run in before. */
  readonly after?: string;
  readonly approvals: number;
  /** The platform's images, secrets and so on with the environment's layered over them. */
  readonly settings: LayeredSettings;
  readonly images: NonNullable<Lock["environments"][string]["images"]>;
  /** In the order of a deploy. */
  readonly components: readonly PlacedComponent[];
  /** By the id that references carry. Empty for YAML, whose references carry keys. */
  readonly byId: ReadonlyMap<number, PlacedComponent>;
  readonly problems: readonly Problem[];
}

export type LayeredSettings = z.output<typeof layeredSchema> & { readonly ca?: string };

export interface EvaluateOptions {
  /** `sandbox`: deploy it there, whatever its own target. */
  readonly target?: "sandbox";
  /** Instead of the loaded moorage.lock. */
  readonly lock?: Lock;
}

/** @throws MoorageError `PlatformInvalid` with all problems at once; `Usage` for an environment that doesn't exist */
export function evaluateEnvironment(
  loaded: LoadedPlatform,
  name: string,
  options: EvaluateOptions = {},
): EvaluatedEnvironment {
  const definition = Object.hasOwn(loaded.definition.environments, name)
    ? loaded.definition.environments[name]
    : undefined;
  if (definition === undefined) {
    const names = Object.keys(loaded.definition.environments);
    throw new MoorageError("Usage", `there is no environment "${name}" in ${loaded.shownFile}`, {
      exitCode: 2,
      hint: names.length === 0 ? "it has none" : `it has: ${names.join(", ")}`,
    });
  }
  return new Evaluation(loaded, name, definition, options).run();
}

interface Entry {
  readonly key: string;
  readonly kind: string;
  readonly spec: unknown;
  readonly id?: number;
  readonly where: Location;
}

class Evaluation {
  readonly #loaded: LoadedPlatform;
  readonly #name: string;
  readonly #definition: EnvironmentDefinition;
  readonly #options: EvaluateOptions;
  readonly #kinds: ReadonlyMap<string, ComponentKind>;
  readonly #problems: Problem[] = [];
  #created: ReadonlyMap<number, AnyComponent> = new Map();

  constructor(
    loaded: LoadedPlatform,
    name: string,
    definition: EnvironmentDefinition,
    options: EvaluateOptions,
  ) {
    this.#loaded = loaded;
    this.#name = name;
    this.#definition = definition;
    this.#options = options;
    this.#kinds = new Map(loaded.kinds.map((kind) => [kind.kind, kind]));
  }

  run(): EvaluatedEnvironment {
    const {
      target,
      suffix = "",
      namespace = this.#loaded.name,
      podSecurity = "restricted",
    } = this.#definition;
    const flavor = target === "sandbox" ? "kubernetes" : (target.flavor ?? "kubernetes");
    const sandbox = target === "sandbox" || this.#options.target === "sandbox";
    const settings = this.#settings();
    this.#checkAfter();
    const entries = this.#entries(
      this.#components({ name: this.#name, sandbox, flavor, namespace, suffix, settings }),
    );
    const { components, byId } = this.#place(entries, suffix, settings);
    throwProblems(
      this.#problems,
      (count) =>
        `${this.#loaded.shownFile} has ${counted(count, "problem")} in the environment ${this.#name}.`,
    );
    return {
      platform: this.#loaded.name,
      name: this.#name,
      loaded: this.#loaded,
      target:
        target === "sandbox" || sandbox
          ? "sandbox"
          : { context: target.context, flavor, server: target.server },
      flavor,
      namespace,
      createNamespace: this.#definition.createNamespace ?? true,
      suffix,
      podSecurity,
      after: this.#definition.after,
      approvals: this.#definition.approvals ?? 0,
      settings,
      images: (this.#options.lock ?? this.#loaded.lock).environments[this.#name]?.images ?? {},
      components,
      byId,
      problems: this.#problems,
    };
  }

  #settings(): LayeredSettings {
    const { images, secrets, env, ca, pullSecrets } = this.#loaded.definition;
    const over = this.#definition;
    const pick = (from: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined));
    const layered = merge(
      pick({ images, secrets, env, ca, pullSecrets }),
      pick({
        images: over.images,
        secrets: over.secrets,
        env: over.env,
        ca: over.ca,
        pullSecrets: over.pullSecrets,
      }),
    ) as Record<string, unknown>;
    const value = { images: {}, secrets: {}, env: {}, pullSecrets: [], ...layered };
    const result = layeredSchema.safeParse(value);
    if (result.success) return { ...result.data, ca: layered.ca as string | undefined };
    for (const problem of schemaProblems(layeredSchema, value, result.error, [])) {
      this.#problems.push({
        ...this.#loaded.locate(["environments", this.#name]),
        ...problem,
        path: `environments.${this.#name}.${problem.path}`,
      });
    }
    return { images: {}, secrets: {}, env: {}, pullSecrets: [] };
  }

  #checkAfter(): void {
    const { after } = this.#definition;
    if (after === undefined) return;
    const path = ["environments", this.#name, "after"];
    const others = Object.keys(this.#loaded.definition.environments).filter((name) => name !== this.#name);
    if (!others.includes(after)) {
      this.#problems.push({
        ...this.#loaded.locate(path),
        path: path.join("."),
        message: `there is no other environment "${after}"`,
        hint: didYouMean(after, others),
      });
    }
  }

  #components(env: {
    name: string;
    sandbox: boolean;
    flavor: string;
    namespace: string;
    suffix: string;
    settings: LayeredSettings;
  }): unknown {
    const { settings, ...facts } = env;
    const created = new Map(this.#loaded.created);
    const before = registry().created;
    registry().created = created;
    try {
      return this.#loaded.components(
        {
          platform: this.#loaded.name,
          ...facts,
          images: Object.fromEntries(Object.keys(settings.images).map((name) => [name, { image: name }])),
          secrets: Object.fromEntries(Object.keys(settings.secrets).map((name) => [name, secret(name)])),
          values: this.#definition.values ?? {},
        },
        this.#name,
      );
    } catch (error) {
      throw loadError(error, this.#loaded.file, this.#loaded.shownFile, this.#loaded.files);
    } finally {
      this.#created = created;
      registry().created = before;
    }
  }

  /** What was returned, with the place of each: components of TypeScript, data of YAML. */
  #entries(returned: unknown): Entry[] {
    if (!isComponentRecord(returned) || returned instanceof Promise) {
      this.#problems.push({
        ...this.#loaded.locate(["components"]),
        path: "components",
        message:
          returned instanceof Promise
            ? "components must not be asynchronous"
            : "components must return an object: name -> component",
      });
      return [];
    }
    const firstKey = new Map<number, string>();
    const entries: Entry[] = [];
    for (const [key, value] of Object.entries(returned as Record<string, unknown>)) {
      const path = `components.${key}`;
      if (isComponent(value)) {
        const { id, kind, spec } = recordOf(value);
        const where = this.#whereCreated(value);
        const first = firstKey.get(id);
        if (first !== undefined) {
          this.#problems.push({
            ...where,
            path,
            message: `is the same component as "${first}", returned twice`,
            hint: "create one component for each name",
          });
          continue;
        }
        firstKey.set(id, key);
        entries.push({ key, kind, spec, id, where });
      } else if (
        typeof value === "object" &&
        value !== null &&
        typeof (value as { kind?: unknown }).kind === "string"
      ) {
        const { kind, ...spec } = value as { kind: string };
        entries.push({
          key,
          kind,
          spec: readReferences(spec),
          where: this.#loaded.locate(["components", key]),
        });
      } else {
        this.#problems.push({
          ...this.#loaded.locate(["components", key]),
          path,
          message: "is no component",
        });
      }
    }
    return entries;
  }

  #place(
    entries: readonly Entry[],
    suffix: string,
    settings: LayeredSettings,
  ): { components: PlacedComponent[]; byId: Map<number, PlacedComponent> } {
    const keyOfId = new Map(entries.map((entry) => [entry.id, entry.key]));
    const kindOfKey = new Map(entries.map((entry) => [entry.key, entry.kind]));
    const placed = new Map<string, PlacedComponent>();
    const byId = new Map<number, PlacedComponent>();
    for (const entry of entries) {
      this.#checkName(entry, suffix);
      const kind = this.#kinds.get(entry.kind);
      if (kind === undefined) {
        this.#report(
          entry,
          ["kind"],
          `there is no kind "${entry.kind}"`,
          didYouMean(entry.kind, [...this.#kinds.keys()]),
        );
        continue;
      }
      const result = kind.schema.safeParse(entry.spec);
      if (!result.success) {
        const root = ["components", entry.key];
        for (const problem of schemaProblems(kind.schema, entry.spec, result.error, root)) {
          this.#problems.push({ ...this.#whereIn(entry, problem.path), ...problem });
        }
      }
      const component: PlacedComponent = {
        key: entry.key,
        kind: entry.kind,
        name: entry.key + suffix,
        spec: result.success ? result.data : entry.spec,
        after: this.#afterOf(entry, keyOfId, kindOfKey, settings),
        definedAt:
          entry.where.line === undefined ? entry.where.file : `${entry.where.file}:${entry.where.line}`,
      };
      placed.set(entry.key, component);
      if (entry.id !== undefined) byId.set(entry.id, component);
    }
    const ordered = orderOf(new Map([...placed].map(([key, { after }]) => [key, after])));
    if ("order" in ordered)
      return { components: ordered.order.flatMap((key) => placed.get(key) ?? []), byId };
    const entry = entries.find(({ key }) => key === ordered.cycle[0]);
    this.#problems.push({
      ...entry?.where,
      path: `components.${ordered.cycle[0]}`,
      message: `components wait for each other: ${ordered.cycle.join(" -> ")}`,
      hint: "drop an `after`, or write the address of one of them as plain text instead of a reference",
    });
    return { components: [...placed.values()], byId };
  }

  #afterOf(
    entry: Entry,
    keyOfId: ReadonlyMap<number | undefined, string>,
    kindOfKey: ReadonlyMap<string, string>,
    settings: LayeredSettings,
  ): string[] {
    const after = new Set<string>();
    const missing = new Set<number>();
    const useId = (id: number, found: Found, output?: string): void => {
      const key = keyOfId.get(id);
      if (key !== undefined) useKey(key, found, output);
      else if (!missing.has(id)) {
        missing.add(id);
        const component = this.#created.get(id);
        const where = component === undefined ? undefined : this.#whereCreated(component);
        const what = component === undefined ? "a component" : `the ${recordOf(component).kind} component`;
        const at = where?.line === undefined ? "" : ` (made at ${where.file}:${where.line})`;
        this.#report(
          entry,
          found.path,
          `${what} used here is not returned${at}`,
          "add it to the object that components returns",
        );
      }
    };
    const useKey = (key: string, found: Found, output?: string): void => {
      const kind = this.#kinds.get(kindOfKey.get(key) ?? "");
      if (!kindOfKey.has(key)) {
        const text = output === undefined ? `"${key}"` : `"${key}", which \${${key}.${output}} names`;
        const near = didYouMean(key, [...kindOfKey.keys()]);
        const escape = output === undefined ? "" : `; for the text itself write $\${${key}.${output}}`;
        this.#report(
          entry,
          found.path,
          `there is no component ${text}`,
          `${near ?? "there are no components"}${escape}`,
        );
        return;
      }
      if (output !== undefined && kind !== undefined && !kind.outputs.includes(output)) {
        this.#report(
          entry,
          found.path,
          `${kind.kind} "${key}" has no output "${output}"`,
          didYouMean(output, kind.outputs),
        );
      }
      if (key !== entry.key) after.add(key);
      else if (output === undefined) this.#report(entry, found.path, "waits for itself");
    };
    const useSecret = (name: string, key: string | undefined, found: Found): void => {
      const declared = Object.hasOwn(settings.secrets, name) ? settings.secrets[name] : undefined;
      if (declared === undefined) {
        this.#report(
          entry,
          found.path,
          `there is no secret "${name}"`,
          didYouMean(name, Object.keys(settings.secrets)) ?? "declare it under secrets",
        );
        return;
      }
      const keys = Array.isArray(declared.keys) ? declared.keys : Object.keys(declared.keys);
      if (key !== undefined && !keys.includes(key)) {
        this.#report(entry, found.path, `the secret "${name}" has no key "${key}"`, didYouMean(key, keys));
      }
    };
    for (const found of findReferences(entry.spec)) {
      if (found.type === "component") useId(recordOf(found.component).id, found);
      else if (found.type === "secret") useSecret(found.secret, undefined, found);
      else if (found.source.type === "component") useId(found.source.id, found, found.source.output);
      else if (found.source.type === "key") useKey(found.source.key, found, found.source.output);
      else useSecret(found.source.secret, found.source.key, found);
    }
    const { after: written, volumes } = entry.spec as { after?: unknown; volumes?: unknown };
    // Keys in place of components, where every kind has them.
    for (const [field, list] of [
      ["after", written],
      ["volumes", volumes],
    ] as const) {
      if (!Array.isArray(list)) continue;
      for (const [index, item] of list.entries()) {
        const inner: unknown =
          field === "volumes" && typeof item === "object" && item !== null && "volume" in item
            ? item.volume
            : item;
        if (typeof inner !== "string" || findReferences(inner).length > 0) continue;
        useKey(inner, { type: "secret", secret: "", path: [field, index] });
      }
    }
    return [...after];
  }

  #checkName(entry: Entry, suffix: string): void {
    const name = entry.key + suffix;
    if (!dnsLabel.test(entry.key)) {
      this.#report(
        entry,
        [],
        `the name "${entry.key}" is no DNS label`,
        `small letters, digits and dashes: "${entry.key
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/gu, "-")
          .replaceAll(/^-|-$/gu, "")}"`,
      );
    } else if (name.length > 63) {
      this.#report(entry, [], `the name "${name}" has ${name.length} characters; 63 are possible`);
    }
  }

  #report(entry: Entry, path: readonly PropertyKey[], message: string, hint?: string): void {
    const full = ["components", entry.key, ...path];
    const text = full.reduce<string>(
      (all, part) =>
        typeof part === "number" ? `${all}[${part}]` : all === "" ? String(part) : `${all}.${String(part)}`,
      "",
    );
    const where = entry.id === undefined ? this.#loaded.locate(full) : entry.where;
    this.#problems.push({ ...where, path: text, message, hint });
  }

  #whereIn(entry: Entry, path: string | undefined): Location {
    if (entry.id !== undefined) return entry.where;
    return this.#loaded.locate((path ?? "").split(/[.[\]]+/u).filter((part) => part !== ""));
  }

  #whereCreated(component: AnyComponent): Location {
    const line = creationLine(recordOf(component).created.stack, this.#loaded.files);
    if (line === undefined) return { file: this.#loaded.shownFile };
    return { file: line.file === this.#loaded.file ? this.#loaded.shownFile : line.file, line: line.line };
  }
}
