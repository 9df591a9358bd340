/** The answers to the questions of `moorage init`. */
export interface InitAnswers {
  /** Name of the platform, a DNS label. */
  readonly name: string;
  /** The kubeconfig context of production; undefined while there is none. */
  readonly context?: string;
  readonly format: "ts" | "yaml";
}

export interface Template {
  readonly name: string;
  readonly title: string;
  /** Files by path, the platform file first. */
  files(answers: InitAnswers): Readonly<Record<string, string>>;
}

/** The `environments` of a new platform file, as lines of TypeScript. */
export function environmentsText({ name, context }: InitAnswers): string {
  const production =
    context === undefined
      ? `    // prod: { target: { context: "a context of your kubeconfig" }, namespace: ${JSON.stringify(name)}, after: "dev" },`
      : `    prod: { target: { context: ${JSON.stringify(context)} }, namespace: ${JSON.stringify(name)}, after: "dev" },`;
  return `  environments: {\n    dev: { target: "sandbox" },\n${production}\n  },`;
}

/** The same as lines of YAML. */
export function environmentsYaml({ name, context }: InitAnswers): string {
  const production =
    context === undefined
      ? `  # prod: { target: { context: a context of your kubeconfig }, namespace: ${name}, after: dev }`
      : `  prod: { target: { context: ${JSON.stringify(context)} }, namespace: ${name}, after: dev }`;
  return `environments:\n  dev: { target: sandbox }\n${production}`;
}
