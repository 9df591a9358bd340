import { z } from "zod";

/** Fields that decide where pods run. */
export const placementField = () =>
  z
    .strictObject({
      nodeSelector: z.record(z.string(), z.string()).optional(),
      tolerations: z
        .array(
          z.strictObject({
            key: z.string().optional(),
            operator: z.enum(["Equal", "Exists"]).optional(),
            value: z.string().optional(),
            effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
            tolerationSeconds: z.int().optional(),
          }),
        )
        .optional(),
      affinity: z.looseObject({}).optional().meta({ description: "As in Kubernetes." }),
      spread: z
        .enum(["host", "zone"])
        .optional()
        .meta({ description: "Put replicas on different hosts or zones where that can be." }),
    })
    .optional()
    .meta({ description: "Where its pods run." });

export type PlacementSpec = z.output<ReturnType<typeof placementField>>;

const topologyKeys = { host: "kubernetes.io/hostname", zone: "topology.kubernetes.io/zone" } as const;

/** Fields of a pod's spec. */
export const renderPlacement = (
  spec: PlacementSpec,
  selector: Record<string, string>,
): Record<string, unknown> => ({
  nodeSelector: spec?.nodeSelector,
  tolerations: spec?.tolerations,
  affinity: spec?.affinity,
  topologySpreadConstraints: spec?.spread && [
    {
      topologyKey: topologyKeys[spec.spread],
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: selector },
    },
  ],
});
