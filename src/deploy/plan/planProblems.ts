import type { KubeObject } from "../../contract/index.ts";
import { KubeError, fieldConflictsOf, isNamespaceTerminating } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import type { Environment } from "../Environment.ts";
import { describe, groupKind, refOf } from "../objectKey.ts";
import type { FieldConflict, PlanProblem } from "./Plan.ts";
import { withoutSecretValues } from "./withoutSecretValues.ts";

interface Around {
  readonly environment: Environment;
  readonly context: Context;
}

/** Who owns the fields that an apply was refused for. */
export function conflictsOf(error: unknown): FieldConflict[] {
  return fieldConflictsOf(error).map(({ field, message }) => ({
    field: field.replace(/^\./, ""),
    manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? "somebody else",
  }));
}

export function notOurs(object: string, owner: string, foreign: boolean): PlanProblem {
  return {
    object,
    cause: "not ours",
    message: `exists already and belongs to ${owner}`,
    hint: foreign
      ? "Give the component another name, or remove the object from the other environment first."
      : "Deploy with --adopt to take it over, or give the component another name.",
  };
}

export function conflictProblem(object: string, conflicts: readonly FieldConflict[]): PlanProblem {
  const fields = conflicts.map(({ field, manager }) => `${field} (${manager})`).join(", ");
  return {
    object,
    cause: "conflict",
    message: `would change what others set: ${fields}`,
    hint: "Take the change over into the platform file, or deploy with --force-conflicts to overwrite it.",
  };
}

export function keptImmutable(wanted: KubeObject, object: string, fields: readonly string[]): PlanProblem {
  const { namespace } = wanted.metadata;
  return {
    object,
    cause: "immutable",
    message: `cannot be changed in ${fields.join(", ")}, and is not replaced because that would lose data`,
    hint: `Leave these fields as they are, or delete it yourself: kubectl delete ${wanted.kind.toLowerCase()} ${wanted.metadata.name}${namespace === undefined ? "" : ` -n ${namespace}`}`,
  };
}

/** What to do about a namespace that is on its way out, with all that is in it. */
export const terminatingHint = (name: string): string =>
  `All that is in it goes with it: wait until it is gone, and deploy then. What it waits for: kubectl get namespace ${name} -o yaml`;

/** A dry-run that is forbidden is no problem of a plan: only a deploy needs the right. It is noted by the caller. */
export function forbiddenProblem(
  object: KubeObject,
  error: unknown,
  { environment, context }: Around,
): PlanProblem[] {
  if (isNamespaceTerminating(error)) {
    const name = object.metadata.namespace ?? environment.namespace;
    return [
      {
        object: describe(refOf(object), environment.namespace),
        cause: "refused",
        message: `Namespace ${name} is being deleted`,
        hint: terminatingHint(name),
      },
    ];
  }
  return [
    {
      object: describe(refOf(object), environment.namespace),
      cause: "forbidden",
      // Without the namespace nothing else can be done; for the rest, the deploy will tell.
      severity: groupKind(object) === "/Namespace" ? "error" : "warning",
      message: context.redact((error as Error).message),
      hint:
        groupKind(object) === "/Namespace"
          ? `Ask an administrator for it: kubectl create namespace ${object.metadata.name}.`
          : `Ask an administrator for the right: \`moorage rbac ${environment.environment}\` prints all that a deploy needs.`,
    },
  ];
}

export function refused(object: KubeObject, error: unknown, { environment, context }: Around): PlanProblem {
  if (!(error instanceof KubeError)) throw error;
  // Worse than a refusal of this object: not reachable, not signed in.
  if (error.httpStatus === 401 || error.code === "ApiUnreachable") throw error;
  return {
    object: describe(refOf(object), environment.namespace),
    cause: "refused",
    message: withoutSecretValues(object, context.redact(error.message)),
    hint:
      error.httpStatus === 404
        ? "Its namespace or its kind does not exist."
        : "Correct it in the platform file.",
  };
}
