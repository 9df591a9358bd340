import { autoscalerController } from "./autoscalerController.ts";
import { clusterRoleAggregationController } from "./clusterRoleAggregationController.ts";
import { daemonSetController } from "./daemonSetController.ts";
import { deploymentController } from "./deployment/deploymentController.ts";
import { disruptionBudgetController } from "./disruptionBudgetController.ts";
import { endpointsController } from "./endpointsController.ts";
import { eventExpiryController } from "./eventExpiryController.ts";
import { exposureController } from "./exposureController.ts";
import { cronJobController } from "./job/cronJobController.ts";
import { jobController } from "./job/jobController.ts";
import { legacyEndpointsController } from "./legacyEndpointsController.ts";
import { namespaceContentController } from "./namespaceContentController.ts";
import { namespaceController } from "./namespaceController.ts";
import { replicaSetController } from "./replicaSetController.ts";
import type { Controller } from "./runtime/Controller.ts";
import { resourceQuotaController } from "./resourceQuotaController.ts";
import { schedulerController } from "./schedulerController.ts";
import { statefulSetController } from "./statefulset/statefulSetController.ts";
import { claimController } from "./volumes/claimController.ts";
import { storageClassController } from "./volumes/storageClassController.ts";
import { volumeController } from "./volumes/volumeController.ts";

/** All controllers of the sandbox; one line each. */
export const controllers: readonly Controller[] = [
  autoscalerController,
  claimController,
  clusterRoleAggregationController,
  cronJobController,
  daemonSetController,
  deploymentController,
  disruptionBudgetController,
  endpointsController,
  eventExpiryController,
  exposureController,
  jobController,
  legacyEndpointsController,
  namespaceContentController,
  namespaceController,
  replicaSetController,
  resourceQuotaController,
  schedulerController,
  statefulSetController,
  storageClassController,
  volumeController,
];
