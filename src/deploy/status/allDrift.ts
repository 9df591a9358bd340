import { describe, groupKind, refOf } from "../objectKey.ts";
import { managerOf } from "../Environment.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import { driftOf } from "./drift.ts";
import type { Drift } from "./EnvironmentStatus.ts";
import type { LiveState } from "./LiveState.ts";

/** What others changed of all that was deployed, secrets taken out. */
export function allDrift(
  known: ReadonlyMap<string, WantedObject>,
  state: LiveState,
  redact: (text: string) => string,
): Drift[] {
  const { environment, refs, last, byKey, isUnread, isFinished } = state;
  const manager = managerOf(environment);
  return [...known].flatMap(([key, { object: then, component }]): Drift[] => {
    const ref = refOf(then);
    if (isUnread(ref) || groupKind(ref) === "/Namespace") return [];
    const live = byKey.get(key);
    const about = {
      object: describe(ref, environment.namespace),
      ...(component === undefined ? {} : { component }),
    };
    if (live === undefined) {
      // A job that ran is removed after a while; what only the file has, or a first deploy did not come to, is not deployed yet.
      const wasThere = last !== undefined || (refs.has(key) && isFinished);
      const isGone = wasThere && groupKind(ref) !== "batch/Job";
      return isGone ? [{ ...about, what: "missing" }] : [];
    }
    const found = driftOf(then, live, {
      manager,
      reference: last === undefined ? "wanted" : "deployed",
      isSameSecret: (name) => last?.isSameSecret(then, live, name),
    });
    return found.map((field) => redacted({ ...about, ...field }, redact));
  });
}

/** Somebody may have written a secret into any field. */
function redacted(drift: Drift, redact: (text: string) => string): Drift {
  const clean = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    return redact(text) === text ? value : redact(typeof value === "string" ? value : text);
  };
  return {
    ...drift,
    ...(drift.path === undefined ? {} : { path: redact(drift.path) }),
    ...(drift.deployed === undefined ? {} : { deployed: clean(drift.deployed) }),
    ...(drift.now === undefined ? {} : { now: clean(drift.now) }),
  };
}
