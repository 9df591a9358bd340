import type { KubeObject } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import type { ProgramSpec } from "./program.ts";

/** The account under which a pod runs. Its token is mounted only when the user says so: most programs never speak to the API server. */
export function renderServiceAccount(
  component: PlacedComponent<ProgramSpec>,
  context: RenderContext,
): { name?: string; token: boolean; object?: KubeObject } {
  const spec = component.spec.serviceAccount;
  if (spec === undefined) return { token: false };
  if (typeof spec === "string") return { name: spec, token: false };
  const token = spec.token ?? false;
  if (spec.create !== true) return { name: spec.name, token };
  const metadata = context.metadata(component);
  return {
    name: metadata.name,
    token,
    object: {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { ...metadata, annotations: spec.annotations },
      automountServiceAccountToken: false,
    },
  };
}
