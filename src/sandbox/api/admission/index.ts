export type { AdmissionRequest } from "./AdmissionRequest.ts";
export { mutate, validate } from "./admit.ts";
export { evictPod } from "./evict.ts";
export { makeSystemPriorityClasses } from "./systemPriorityClasses.ts";
