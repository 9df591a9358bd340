import { baselineChecks } from "./baseline.ts";
import type { Check, CheckedPod, CheckPod, Violation } from "./Check.ts";
import type { LevelVersion } from "./policy.ts";
import { restrictedChecks } from "./restricted.ts";

const newest = Math.max(
  ...[...baselineChecks, ...restrictedChecks].flatMap(({ versions }) => versions.map(({ since }) => since)),
);

const inVersion = ({ versions }: Check, version: number): CheckPod | undefined =>
  versions.findLast(({ since }) => since <= version)?.check;

const known = new Map<string, readonly CheckPod[]>();

/** The checks of a level, those of the baseline first; a version to come is the newest that is known. */
function checksOf({ level, version }: LevelVersion): readonly CheckPod[] {
  if (level === "privileged") return [];
  const minor = version === "latest" ? newest : Math.min(version, newest);
  const key = `${level} ${minor}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const restricted = level === "restricted" ? restrictedChecks : [];
  const overridden = restricted
    .filter((check) => inVersion(check, minor) !== undefined)
    .map(({ overrides }) => overrides);
  const checks = [...baselineChecks.filter(({ id }) => !overridden.includes(id)), ...restricted]
    .map((check) => inVersion(check, minor))
    .filter((check) => check !== undefined);
  known.set(key, checks);
  return checks;
}

/** What a level has against a pod. */
export const violations = (policy: LevelVersion, pod: CheckedPod): Violation[] =>
  checksOf(policy)
    .map((check) => check(pod))
    .filter((violation) => violation !== undefined);

export const detailText = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");

export const reasonText = (found: readonly Violation[]): string =>
  found.map(({ reason }) => reason).join(", ");
