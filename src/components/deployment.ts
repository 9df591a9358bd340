import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { KubeObject, Problem } from "../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { checkMounts, mountsOf, type VolumesSpec } from "./pod/mounts.ts";
import { finding, nameProblems } from "./finding.ts";
import { versionLabel, type RenderedPod } from "./pod/renderPod.ts";

const countOrPercent = () =>
  z.union([z.int().min(0), z.string().regex(/^\d+%$/u)], {
    error: 'expected a number of pods, or a percentage: "25%"',
  });

/** Fields of what becomes a Deployment. */
export const deploymentFields = lazily(() => ({
  replicas: z.int().min(0).optional().meta({ description: "How many pods (1)." }),
  strategy: z
    .union([
      z.enum(["rolling", "recreate"]),
      z.strictObject({ maxSurge: countOrPercent().optional(), maxUnavailable: countOrPercent().optional() }),
    ])
    .optional()
    .meta({ description: "How pods are replaced: rolling (new ones first), or recreate (old ones first)." }),
  autoscaling: z
    .strictObject({
      min: z.int().min(1).default(1),
      max: z.int().min(1),
      cpu: z.int().min(1).optional().meta({ description: "Percent of the requests, as an average (80)." }),
      memory: z.int().min(1).optional(),
    })
    .optional()
    .meta({ description: "A HorizontalPodAutoscaler; `replicas` then is left to it." }),
  disruptionBudget: z
    .strictObject({ minAvailable: countOrPercent().optional(), maxUnavailable: countOrPercent().optional() })
    .refine((value) => (value.minAvailable === undefined) !== (value.maxUnavailable === undefined), {
      error: "expected one of minAvailable and maxUnavailable",
    })
    .optional()
    .meta({ description: "How many pods may be away while nodes are drained." }),
}));

const deploymentSchema = lazily(() => z.strictObject(deploymentFields()));
export type DeploymentSpec = z.output<ReturnType<typeof deploymentSchema>> & { volumes?: VolumesSpec };

/** Volumes that can be mounted by one node, or one pod, only. */
const exclusiveMounts = (component: PlacedComponent<DeploymentSpec>, context: RenderContext) =>
  mountsOf(component.spec.volumes, context).filter(
    ({ volume, volumeMount }) => volume.exclusive && volumeMount.readOnly !== true,
  );

/**
 * Rolling keeps every pod until its successor is ready. With a claim that one node alone can mount that can't be relied on: the
 * successor waits for ever on another node, or two programs write to the same files. Then, unless the user says otherwise, Recreate.
 */
export function isRolling(component: PlacedComponent<DeploymentSpec>, context: RenderContext): boolean {
  const { strategy } = component.spec;
  if (strategy !== undefined) return strategy !== "recreate";
  return exclusiveMounts(component, context).length === 0;
}

/** Deployment, HorizontalPodAutoscaler and PodDisruptionBudget. */
export function renderDeployment(
  component: PlacedComponent<DeploymentSpec>,
  context: RenderContext,
  pod: RenderedPod,
): KubeObject[] {
  const { spec } = component;
  const metadata = context.metadata(component);
  const matchLabels = context.selector(component);
  const limits = typeof spec.strategy === "object" ? spec.strategy : {};
  const objects: KubeObject[] = [
    ...pod.objects,
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels: { ...metadata.labels, ...versionLabel(pod.image) } },
      spec: {
        // Under autoscaling the number belongs to the autoscaler: applying one would fight it.
        replicas: spec.autoscaling ? undefined : (spec.replicas ?? 1),
        selector: { matchLabels },
        strategy: isRolling(component, context)
          ? {
              type: "RollingUpdate",
              rollingUpdate: { maxSurge: limits.maxSurge ?? 1, maxUnavailable: limits.maxUnavailable ?? 0 },
            }
          : { type: "Recreate" },
        template: pod.template,
      },
    },
  ];
  if (spec.autoscaling) {
    const { min, max, memory } = spec.autoscaling;
    const cpu = spec.autoscaling.cpu ?? (memory === undefined ? 80 : undefined);
    const metrics = Object.entries({ cpu, memory }).flatMap(([name, averageUtilization]) =>
      averageUtilization === undefined
        ? []
        : [{ type: "Resource", resource: { name, target: { type: "Utilization", averageUtilization } } }],
    );
    objects.push({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name },
        minReplicas: min,
        maxReplicas: max,
        metrics,
      },
    });
  }
  if (spec.disruptionBudget) {
    objects.push({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { ...spec.disruptionBudget, selector: { matchLabels } },
    });
  }
  return objects;
}

/** Findings about replicas, strategy, autoscaling and the volumes that don't go with them. */
export function checkDeployment(
  component: PlacedComponent<
    DeploymentSpec & { resources?: { cpu?: unknown; memory?: unknown; requests?: Record<string, unknown> } }
  >,
  context: RenderContext,
): Problem[] {
  const { spec } = component;
  const problems = nameProblems(component, "Deployment");
  const { autoscaling, strategy, resources } = spec;
  const mostReplicas = autoscaling?.max ?? spec.replicas ?? 1;
  const mountable = checkMounts(component, spec.volumes, [], context).length === 0;
  for (const { name, volume } of mountable ? exclusiveMounts(component, context) : []) {
    if (mostReplicas > 1) {
      problems.push(
        finding(
          component,
          autoscaling ? "autoscaling.max" : "replicas",
          `${mostReplicas} replicas, but ${name} is ${volume.exclusive}: pods on other nodes can't mount it`,
          {
            hint: 'one replica, or a volume with access: "ReadWriteMany"',
          },
        ),
      );
    } else if (strategy !== undefined && strategy !== "recreate" && !context.sandbox) {
      // In the sandbox there is one node, whose folder both pods mount.
      problems.push(
        finding(
          component,
          "strategy",
          `a rolling update runs two pods for a while, and ${name} is ${volume.exclusive}`,
          {
            severity: volume.exclusive === "ReadWriteOncePod" ? "error" : "warning",
            hint: "it works where both pods come to the same node and the program can share its files with its successor (SQLite in WAL mode can)",
          },
        ),
      );
    }
  }
  if (autoscaling) {
    if (autoscaling.min > autoscaling.max)
      problems.push(
        finding(component, "autoscaling", `min ${autoscaling.min} is more than max ${autoscaling.max}`),
      );
    if (spec.replicas !== undefined) {
      problems.push(
        finding(component, "replicas", "replicas and autoscaling exclude each other", {
          hint: "remove replicas; autoscaling.min is the least",
        }),
      );
    }
    const byDefault = autoscaling.cpu === undefined && autoscaling.memory === undefined;
    for (const name of ["cpu", "memory"] as const) {
      const wanted = autoscaling[name] !== undefined || (byDefault && name === "cpu");
      if (wanted && resources?.[name] === undefined && resources?.requests?.[name] === undefined) {
        problems.push(
          finding(
            component,
            "autoscaling",
            `autoscaling by ${name} is in percent of the request, and there is none`,
            { hint: `give resources: { ${name}: ... }` },
          ),
        );
      }
    }
  }
  if (
    typeof strategy === "object" &&
    isZero(strategy.maxSurge) &&
    (strategy.maxUnavailable === undefined || isZero(strategy.maxUnavailable))
  ) {
    problems.push(
      finding(component, "strategy", "maxSurge and maxUnavailable are both 0: no pod could ever be replaced"),
    );
  }
  return problems;
}

const isZero = (value: number | string | undefined): boolean => value === 0 || value === "0%";
