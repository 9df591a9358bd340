import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { imageRef } from "../../platform/fields.ts";
import { dnsLabel, duration, everyKind, text } from "../fields.ts";
import { environmentFields } from "./environment.ts";
import { configurationFields } from "./files.ts";
import { volumesField } from "./mounts.ts";
import { placementField } from "./placement.ts";
import { portsField } from "./ports.ts";
import { probesField } from "./probes.ts";
import { resourcesField } from "./resources.ts";
import { securityFields } from "./security.ts";

/** Fields of one container. */
const containerFields = lazily(() => ({
  command: z.array(text()).optional().meta({ description: "Instead of the image's entry point." }),
  args: z.array(text()).optional(),
  workingDir: text().optional(),
  ...environmentFields(),
  ...configurationFields(),
  volumes: volumesField(),
  resources: resourcesField(),
}));

const stepSchema = lazily(() =>
  z.strictObject({
    image: imageRef().optional().meta({ description: "The program's unless said." }),
    ...containerFields(),
  }),
);

const sidecarSchema = lazily(() =>
  z.strictObject({
    image: imageRef(),
    ...containerFields(),
    ports: portsField().optional(),
    probes: probesField(),
  }),
);

/** Fields that everything that runs a program of the user has: service, worker, schedule, job. */
export const programFields = lazily(() => ({
  ...everyKind(),
  image: imageRef(),
  ...containerFields(),
  ...securityFields(),
  sidecars: z
    .record(dnsLabel(), sidecarSchema())
    .optional()
    .meta({ description: "Run beside it, from before it starts until after it stops." }),
  init: z
    .record(dnsLabel(), stepSchema())
    .optional()
    .meta({ description: "Run one after the other before it." }),
  placement: placementField(),
  serviceAccount: z
    .union([
      z.string().min(1),
      z.strictObject({
        name: z.string().optional().meta({ description: "One that exists." }),
        create: z.literal(true).optional(),
        annotations: z.record(z.string(), text()).optional(),
        token: z
          .boolean()
          .optional()
          .meta({ description: "Mount its token: the program speaks to the API server." }),
      }),
    ])
    .optional()
    .meta({ description: "The account under which its pods run." }),
  gracePeriod: duration().optional().meta({ description: "Between SIGTERM and SIGKILL (30s)." }),
  labels: z.record(z.string(), text()).optional().meta({ description: "More labels for the pods." }),
  annotations: z.record(z.string(), text()).optional().meta({ description: "Annotations for the pods." }),
  imagePullSecrets: z
    .array(text())
    .optional()
    .meta({ description: "Names of Secrets with registry credentials." }),
}));

/** Fields of programs that go on running. */
export const longRunningFields = lazily(() => ({
  ...programFields(),
  probes: probesField(),
}));

const programSchema = lazily(() => z.strictObject(programFields()));
export type ProgramSpec = z.output<ReturnType<typeof programSchema>>;
export type StepSpec = z.output<ReturnType<typeof stepSchema>>;
export type SidecarSpec = z.output<ReturnType<typeof sidecarSchema>>;
