import { MoorageError, type Problem } from "../contract/index.ts";
import { registry, type AnyComponent } from "./Component.ts";
import type { PlacedComponent } from "./ComponentKind.ts";
import { layeredSchema, type EnvironmentDefinition, type LayeredSettings } from "./definition.ts";
import { EntryProblems } from "./evaluation/EntryProblems.ts";
import { placeEntries } from "./evaluation/placeEntries.ts";
import { readEntries } from "./evaluation/readEntries.ts";
import type { LoadedPlatform } from "./LoadedPlatform.ts";
import type { Lock } from "./lock.ts";
import { merge } from "./merge.ts";
import { loadError } from "./runPlatformFile.ts";
import { schemaProblems } from "./schemaProblems.ts";
import { secret } from "./secret.ts";
import { didYouMean } from "./suggest.ts";
import { counted, throwProblems } from "./throwProblems.ts";

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

class Evaluation {
  readonly #loaded: LoadedPlatform;
  readonly #name: string;
  readonly #definition: EnvironmentDefinition;
  readonly #options: EvaluateOptions;
  readonly #problems: EntryProblems;
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
    this.#problems = new EntryProblems(loaded);
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
    const returned = this.#components({ name: this.#name, sandbox, flavor, namespace, suffix, settings });
    const { components, byId } = placeEntries(readEntries(returned, this.#loaded, this.#problems), suffix, {
      kinds: new Map(this.#loaded.kinds.map((kind) => [kind.kind, kind])),
      created: this.#created,
      secrets: settings.secrets,
      problems: this.#problems,
    });
    throwProblems(
      this.#problems.all,
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
      problems: this.#problems.all,
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
      this.#problems.add({
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
      this.#problems.add({
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
}
