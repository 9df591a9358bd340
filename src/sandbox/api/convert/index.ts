import { autoscalerConversion } from "./horizontalPodAutoscaler.ts";
import type { Conversion } from "./Conversion.ts";
import { eventConversion } from "./event.ts";

export type { Conversion } from "./Conversion.ts";

/** `KIND.GROUP/VERSION` -> how it is stored. Kinds that aren't listed are stored as they are served. */
export const conversions: Readonly<Record<string, Conversion>> = {
  "Event.events.k8s.io/v1": eventConversion,
  "HorizontalPodAutoscaler.autoscaling/v1": autoscalerConversion,
};
