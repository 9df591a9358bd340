import type { AdmissionPlugin } from "./AdmissionRequest.ts";
import { refuseEscalation } from "../authorization/escalation.ts";
import { permitCreate } from "../authorization/permit.ts";
import { defaultStorageClass, storageProtection } from "./claims.ts";
import { definitionLifecycle } from "./definitionLifecycle.ts";
import { defaultTolerationSeconds } from "./defaultTolerationSeconds.ts";
import { limitRanger } from "./limitRanger.ts";
import { namespaceLifecycle } from "./namespaceLifecycle.ts";
import { podSecurity } from "./podSecurity/podSecurity.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./quota/resourceQuota.ts";
import { serviceAccount } from "./serviceAccount.ts";

/** In the order of a real server's. */
export const plugins: readonly AdmissionPlugin[] = [
  definitionLifecycle,
  namespaceLifecycle,
  {
    name: "RBAC",
    mutate: ({ kind, object, user, byPatch, context }) => {
      if (byPatch === true) permitCreate(kind, object, user, context.authorizer);
    },
    validate: (request) => {
      if (request.subresource === "") refuseEscalation(request, request.context.authorizer);
    },
  },
  limitRanger,
  serviceAccount,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageProtection,
  resourceQuota,
];
