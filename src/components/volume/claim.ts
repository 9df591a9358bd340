import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { defineComponent, defineKind } from "../../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { everyKind, mountPath, quantity } from "../fields.ts";
import { finished } from "../finished.ts";
import { nameProblems } from "../finding.ts";
import { pathOf, type PodVolume } from "./PodVolume.ts";

export const accessMode = () =>
  z
    .enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"])
    .meta({ description: "Who can mount it: one node (ReadWriteOnce), many, many for reading, one pod." });

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    size: quantity(),
    access: accessMode().default("ReadWriteOnce"),
    storageClass: z.string().optional().meta({ description: "The cluster's default unless said." }),
    path: mountPath().optional().meta({ description: "Where programs see it; /mnt/KEY unless said." }),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const claimKind = {
  ...defineKind({
    kind: "volume.claim",
    description: "A PersistentVolumeClaim: storage that the cluster provides, and that outlives deploys.",
    schema,
    outputs: ["path", "claim"],
    resolve: (output, component) => ({
      type: "text",
      value: output === "path" ? pathOf(component) : component.name,
    }),
    check: (component) => nameProblems(component, "claim"),
    render: (component, context) => finished([claimObject(component, context, component.spec)], context),
  }),
  mount: (component: PlacedComponent<Spec>): PodVolume => ({
    source: { persistentVolumeClaim: { claimName: component.name } },
    path: pathOf(component),
    readOnly: component.spec.access === "ReadOnlyMany",
    exclusive: exclusiveAccess(component.spec.access),
  }),
};

/** A storage that this component makes itself: `storage: "10Gi"` of a database. */
export const claimObject = (
  component: PlacedComponent,
  context: RenderContext,
  spec: {
    size: string | number;
    access?: string;
    storageClass?: string;
    annotations?: Record<string, string>;
    part?: string;
  },
) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { ...context.metadata(component, { part: spec.part }), annotations: spec.annotations },
  spec: {
    accessModes: [spec.access ?? "ReadWriteOnce"],
    storageClassName: spec.storageClass,
    resources: { requests: { storage: String(spec.size) } },
  },
});

export const exclusiveAccess = (access: string): PodVolume["exclusive"] =>
  access === "ReadWriteOnce" || access === "ReadWriteOncePod" ? access : undefined;

/** Storage that the cluster provides, and that outlives deploys. */
export const claim = defineComponent(claimKind);
