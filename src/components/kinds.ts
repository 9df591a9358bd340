import type { ComponentKind } from "../platform/ComponentKind.ts";
import { externalServiceKind } from "./externalService.ts";
import { jobKind } from "./job.ts";
import { manifestsKind } from "./manifests.ts";
import { postgresKind } from "./postgres.ts";
import { redisKind } from "./redis.ts";
import { scheduleKind } from "./schedule.ts";
import { serviceKind } from "./service.ts";
import { staticSiteKind } from "./staticSite.ts";
import { volumeKinds } from "./volume/kinds.ts";
import { workerKind } from "./worker.ts";

/** Every kind of component there is. */
export const componentKinds: readonly ComponentKind[] = [
  serviceKind,
  workerKind,
  scheduleKind,
  jobKind,
  staticSiteKind,
  redisKind,
  postgresKind,
  manifestsKind,
  externalServiceKind,
  ...volumeKinds,
] as readonly ComponentKind[];
