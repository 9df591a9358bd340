import {
  planDeploy,
  prepareDeploy,
  type DeployContext,
  type DeploySource,
  type PlanOptions,
  type PreparedDeploy,
} from "../../deploy/index.ts";
import { renderEnvironment, type Rendering } from "../../platform/index.ts";

/** A platform whose life is rehearsed: what it renders, and how each deploy of it begins. */
export interface Lived {
  readonly rendering: Rendering;
  prepare(context: DeployContext, options?: PlanOptions): Promise<PreparedDeploy>;
}

/** Of a platform file: each deploy renders it again, with its secrets. */
export const livedOf = (source: DeploySource): Lived => ({
  rendering: renderEnvironment(source.evaluated),
  prepare: (context, options) => prepareDeploy(source, context, options),
});

/** Of objects that are rendered already. */
export const livedOfRendering = (rendering: Rendering): Lived => ({
  rendering,
  prepare: async (context, options) => ({
    rendering,
    plan: await planDeploy(rendering, context, options),
    redact: (text) => text,
  }),
});
