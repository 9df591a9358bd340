import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { defineComponent, defineKind } from "../../platform/Component.ts";
import type { PlacedComponent } from "../../platform/ComponentKind.ts";
import { everyKind, mountPath, text } from "../fields.ts";
import { accessMode, exclusiveAccess } from "./claim.ts";
import { pathOf, type PodVolume } from "./PodVolume.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    claim: text().meta({ description: "The name of a claim that is in the namespace." }),
    access: accessMode()
      .optional()
      .meta({ description: "Its access mode, so that `check` can tell what doesn't fit." }),
    path: mountPath().optional(),
    readOnly: z.boolean().optional(),
  }),
);

export const existingKind = {
  ...defineKind({
    kind: "volume.existing",
    description:
      "A PersistentVolumeClaim that somebody else made. It is mounted, and neither written nor pruned.",
    schema,
    outputs: ["path", "claim"],
    resolve: (output, component, context) => ({
      type: "text",
      value: output === "path" ? pathOf(component) : context.text(component.spec.claim),
    }),
    render: () => [],
  }),
  mount: (component: PlacedComponent<z.output<ReturnType<typeof schema>>>): PodVolume => ({
    source: { persistentVolumeClaim: { claimName: component.spec.claim } },
    path: pathOf(component),
    readOnly: component.spec.readOnly ?? component.spec.access === "ReadOnlyMany",
    exclusive: component.spec.access && exclusiveAccess(component.spec.access),
  }),
};

/** A claim that is there already. */
export const existing = defineComponent(existingKind);
