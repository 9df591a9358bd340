import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import type { Problem } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { finding } from "../finding.ts";

/** Fields that say as whom a program runs. */
export const securityFields = lazily(() => ({
  runAs: z
    .union([
      z.int().min(0),
      z.strictObject({
        user: z.int().min(0),
        group: z.int().min(0).optional(),
        fsGroup: z.int().min(0).optional(),
      }),
      z.enum(["image", "root"]),
    ])
    .optional()
    .meta({
      description:
        'The user id, { user, group, fsGroup }, "image" (the image\'s own numeric user) or "root".',
    }),
  readOnlyRoot: z.boolean().optional().meta({ description: "The root file system can't be written." }),
  capabilities: z.array(z.string()).optional().meta({ description: "Capabilities to add; all are dropped." }),
}));

const securitySchema = lazily(() => z.strictObject(securityFields()));
export type SecuritySpec = z.output<ReturnType<typeof securitySchema>>;

const userOf = (spec: SecuritySpec): { user: number; group?: number; fsGroup?: number } | undefined => {
  if (typeof spec.runAs === "number") return { user: spec.runAs };
  return typeof spec.runAs === "object" ? spec.runAs : undefined;
};

const isRoot = (spec: SecuritySpec): boolean => spec.runAs === "root" || userOf(spec)?.user === 0;

/**
 * The pod's security context, after the level "restricted" of the Pod Security Standards. Non-root is enforced where the user says as
 * whom, where the environment's level demands it, and always on OpenShift, which chooses the user id itself.
 */
export function podSecurityContext(spec: SecuritySpec, context: RenderContext): Record<string, unknown> {
  const seccompProfile = { type: "RuntimeDefault" };
  if (context.flavor === "openshift") return { runAsNonRoot: true, seccompProfile };
  const user = userOf(spec);
  const fsGroup = user && (user.fsGroup ?? user.group ?? user.user);
  const enforced = !isRoot(spec) && (spec.runAs !== undefined || context.podSecurity === "restricted");
  return {
    runAsNonRoot: enforced ? true : undefined,
    runAsUser: spec.runAs === "root" ? 0 : user?.user,
    runAsGroup: user?.group ?? user?.user,
    fsGroup,
    // Without it, every start walks through the whole volume.
    fsGroupChangePolicy: fsGroup === undefined ? undefined : "OnRootMismatch",
    seccompProfile,
  };
}

export function containerSecurityContext(
  spec: SecuritySpec,
  context: RenderContext,
): Record<string, unknown> {
  // A program that must be root mostly needs the usual capabilities too: it changes owners, it switches users.
  const keeps = isRoot(spec) && context.flavor !== "openshift" && context.podSecurity !== "restricted";
  return {
    allowPrivilegeEscalation: false,
    capabilities: keeps ? undefined : { drop: ["ALL"], add: spec.capabilities },
    readOnlyRootFilesystem: spec.readOnlyRoot,
  };
}

export function checkSecurity(component: PlacedComponent<SecuritySpec>, context: RenderContext): Problem[] {
  const { spec } = component;
  const problems: Problem[] = [];
  if (isRoot(spec) && (context.flavor === "openshift" || context.podSecurity === "restricted")) {
    const who =
      context.flavor === "openshift"
        ? "OpenShift"
        : 'the Pod Security level "restricted" of this environment';
    problems.push(
      finding(component, "runAs", `it wants to run as root, which ${who} refuses`, {
        hint: 'give the user id under which the image can run, or choose podSecurity: "baseline" for this environment',
      }),
    );
  }
  if (spec.runAs === undefined && context.flavor === "kubernetes" && !context.sandbox) {
    const consequence =
      context.podSecurity === "restricted"
        ? "an image that runs as root, or names its user instead of numbering it, will be refused"
        : "it runs as whatever user the image says, perhaps root";
    problems.push(
      finding(component, "runAs", `runAs is missing: ${consequence}`, {
        severity: "warning",
        hint: 'give its user id (runAs: 1000), or runAs: "image" if the image has a numeric user',
      }),
    );
  }
  const refused = (spec.capabilities ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  if (refused.length > 0 && (context.flavor === "openshift" || context.podSecurity === "restricted")) {
    problems.push(
      finding(
        component,
        "capabilities",
        `${refused.join(", ")}: Pod Security "restricted" allows NET_BIND_SERVICE only`,
        {
          hint: "do without, or choose another podSecurity for this environment",
        },
      ),
    );
  }
  return problems;
}
