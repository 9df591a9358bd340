import type { AdmissionRequest } from "./AdmissionRequest.ts";
import { plugins } from "./plugins.ts";

/** Lets every plugin change what is to be written; before the kind's own preparation and rules. Throws a refusal. */
export function mutate(request: AdmissionRequest): void {
  for (const plugin of plugins) plugin.mutate?.(request);
}

/** Asks every plugin, after the kind's own rules. Throws a refusal; else returns what has to be done just before the object is stored. */
export function validate(request: AdmissionRequest): () => void {
  const todo: (() => void)[] = [];
  for (const plugin of plugins) {
    const then = plugin.validate?.(request);
    if (then !== undefined) todo.push(then);
  }
  return () => {
    for (const then of todo) then();
  };
}
