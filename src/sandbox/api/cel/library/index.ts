import type { Environment } from "@marcbachmann/cel-js";
import { addHas } from "./has.ts";
import { addLists } from "./lists.ts";
import { addNetwork } from "./network.ts";
import { addQuantities } from "./quantities.ts";
import { addTexts } from "./texts.ts";

/** What Kubernetes adds to the language. (k8s.io/apiserver/pkg/cel/library) */
export function addLibrary(environment: Environment): void {
  addHas(environment);
  addTexts(environment);
  addLists(environment);
  addQuantities(environment);
  addNetwork(environment);
}
