import type { AdmissionPlugin } from "./AdmissionRequest.ts";
import { defaultStorageClass, storageProtection } from "./claims.ts";
import { defaultTolerationSeconds } from "./defaultTolerationSeconds.ts";
import { limitRanger } from "./limitRanger.ts";
import { namespaceLifecycle } from "./namespaceLifecycle.ts";
import { podSecurity } from "./podSecurity/podSecurity.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./quota/resourceQuota.ts";
import { serviceAccount } from "./serviceAccount.ts";

/** In the order of a real server's. */
export const plugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageProtection,
  resourceQuota,
];
