import { invalid, type FieldError } from "../../schema/FieldError.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** A level in one version of its rules: a minor version of Kubernetes, or the newest there is. */
export interface LevelVersion {
  readonly level: Level;
  readonly version: number | "latest";
}

/** What a namespace's labels ask for. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const levels: readonly string[] = ["privileged", "baseline", "restricted"];
const strictness = (level: Level): number => levels.indexOf(level);

export const isStricter = (a: Level, b: Level): boolean => strictness(a) > strictness(b);
export const isSame = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.version === b.version;
export const textOf = ({ level, version }: LevelVersion): string =>
  `${level}:${version === "latest" ? "latest" : `v1.${version}`}`;

const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`;

/**
 * The policy of a namespace, and what is wrong with its labels. There always is one: an enforce level that can't be read is
 * `restricted`, of the other two modes `privileged`. (pod-security-admission, api.PolicyToEvaluate)
 */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): {
  policy: Policy;
  errors: FieldError[];
} {
  const errors: FieldError[] = [];
  const level = (mode: string, otherwise: Level): { level: Level; given: boolean; good: boolean } => {
    const value = labels?.[label(mode)];
    if (value === undefined) return { level: "privileged", given: false, good: false };
    if (levels.includes(value)) return { level: value as Level, given: true, good: true };
    errors.push(invalid(`metadata.labels[${label(mode)}]`, value, `must be one of ${levels.join(", ")}`));
    return { level: otherwise, given: true, good: false };
  };
  const version = (mode: string): number | "latest" | undefined => {
    const key = label(`${mode}-version`);
    const value = labels?.[key];
    if (value === undefined) return undefined;
    const match = /^v1\.(0|[1-9][0-9]*)$/.exec(value);
    if (match !== null) return Number(match[1]);
    if (value !== "latest")
      errors.push(invalid(`metadata.labels[${key}]`, value, 'must be "latest" or "v1.x"'));
    return "latest";
  };
  const enforce = level("enforce", "restricted");
  const enforceVersion = version("enforce") ?? "latest";
  const audit = level("audit", "privileged");
  const auditVersion = version("audit") ?? "latest";
  const warn = level("warn", "privileged");
  const warnVersion = version("warn");
  // Who is held to a level is warned of it too, about the templates that will fail.
  const warned: LevelVersion =
    !warn.given && enforce.good && isStricter(enforce.level, warn.level)
      ? { level: enforce.level, version: warnVersion ?? enforceVersion }
      : { level: warn.level, version: warnVersion ?? "latest" };
  return {
    policy: {
      enforce: { level: enforce.level, version: enforceVersion },
      audit: { level: audit.level, version: auditVersion },
      warn: warned,
    },
    errors,
  };
}
