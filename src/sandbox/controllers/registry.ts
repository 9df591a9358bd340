import { cronJobController } from "./cronJob/cronJobController.ts";
import { cronJobController } from "./job/cronJobController.ts";
import { jobController } from "./job/jobController.ts";
import { statefulSetController } from "./statefulset/statefulSetController.ts";
import { deploymentController } from "./deployment/deploymentController.ts";
import { endpointsController } from "./endpointsController.ts";
import { jobController } from "./job/jobController.ts";
import { namespaceContentController } from "./namespaceContentController.ts";
import { namespaceController } from "./namespaceController.ts";
import { replicaSetController } from "./replicaSetController.ts";
import type { Controller } from "./runtime/Controller.ts";
import { schedulerController } from "./schedulerController.ts";
import { claimController } from "./volumes/claimController.ts";
import { storageClassController } from "./volumes/storageClassController.ts";
import { volumeController } from "./volumes/volumeController.ts";

/** All controllers of the sandbox; one line each. */
export const controllers: readonly Controller[] = [
  cronJobController,
  claimController,
  cronJobController,
  deploymentController,
  endpointsController,
  jobController,
  namespaceContentController,
  namespaceController,
  replicaSetController,
  schedulerController,
  statefulSetController,
  storageClassController,
  volumeController,
];
