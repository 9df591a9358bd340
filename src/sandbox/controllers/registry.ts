import { deploymentController } from "./deployment/deploymentController.ts";
import { endpointsController } from "./endpointsController.ts";
import { exposureController } from "./exposureController.ts";
import { namespaceContentController } from "./namespaceContentController.ts";
import { namespaceController } from "./namespaceController.ts";
import { replicaSetController } from "./replicaSetController.ts";
import type { Controller } from "./runtime/Controller.ts";
import { schedulerController } from "./schedulerController.ts";
import { volumeController } from "./volumeController.ts";

/** All controllers of the sandbox; one line each. */
export const controllers: readonly Controller[] = [
  deploymentController,
  endpointsController,
  exposureController,
  namespaceContentController,
  namespaceController,
  replicaSetController,
  schedulerController,
  volumeController,
];
