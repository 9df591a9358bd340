import type { KubeObject } from "../../../contract/index.ts";

/**
 * Objects that a real server has stored without what it adds whenever it reads them, such as the labels that a Job has of its template: the first
 * write stores that, even if it changes nothing.
 */
export const incomplete = new WeakSet<KubeObject>();
