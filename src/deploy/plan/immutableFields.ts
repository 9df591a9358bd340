import { KubeError } from "../../kube/KubeError.ts";

/** Wordings of the API server's validation for a field that an update may not change (apimachinery `ValidateImmutableField` and its exceptions). */
const immutableMessages: readonly RegExp[] = [
  /field is immutable/i,
  /is immutable after creation/i,
  /immutable when `immutable` is set/i,
  /updates to statefulset spec for fields other than/i,
  /may not change once set/i,
  /cannot change roleRef/i,
  /may not be changed/i,
  /Value is immutable/i,
  /pod updates may not change fields other than/i,
  /cannot be changed/i,
];

/**
 * The fields whose change the server refuses for good, from its answer to a dry-run; undefined when it refused for another reason, which a replacement
 * would not cure.
 */
export function immutableFieldsOf(error: unknown): string[] | undefined {
  if (!(error instanceof KubeError) || error.httpStatus !== 422) return undefined;
  const causes = error.status.details?.causes ?? [];
  if (causes.length === 0) return undefined;
  const immutable = causes.filter((cause) =>
    immutableMessages.some((pattern) => pattern.test(cause.message ?? "")),
  );
  if (immutable.length === 0 || immutable.length < causes.length) return undefined;
  return [...new Set(immutable.map((cause) => cause.field || "spec"))];
}

/** Replacing one of these would lose data, or take everything inside with it. */
export const neverReplaced: ReadonlySet<string> = new Set([
  "/PersistentVolumeClaim",
  "/PersistentVolume",
  "/Namespace",
  "apiextensions.k8s.io/CustomResourceDefinition",
]);
