export type { AdmissionRequest } from "./AdmissionRequest.ts";
export { mutate, validate } from "./admit.ts";
export { makeSystemPriorityClasses } from "./systemPriorityClasses.ts";
