/**
 * Plans and carries out deploys of a rendered platform, and what follows from their record.
 *
 * @example
 *     const evaluated = await loadEnvironment({ environment: "prod" });
 *     const { client } = openKubeClient({ env: process.env, home: homedir() });
 *     const { rendering, plan, redact } = await prepareDeploy({ evaluated, processEnvironment: process.env }, { client });
 *     console.log(formatPlan(plan).join("\n"));
 *     await deploy(rendering, plan, { client, redact, who: "ada@laptop", onEvent: console.log });
 * @module
 */
export { MoorageError, type ErrorCode, type Location, type Problem } from "../contract/index.ts";
export type { KubeObject } from "../contract/index.ts";
export type { Clock } from "../kube/Clock.ts";
export type { EvaluatedEnvironment } from "../platform/evaluateEnvironment.ts";
export type { RenderedComponent, RenderedObject, Rendering } from "../platform/Rendering.ts";
export type { DeployContext } from "./DeployContext.ts";
export type { DeployEvent, Failure } from "./DeployEvent.ts";
export type { Environment } from "./Environment.ts";
export { loadEnvironment, type LoadOptions } from "./loadEnvironment.ts";
export { prepareDeploy, type DeploySource, type PreparedDeploy } from "./prepareDeploy.ts";
export { planDeploy, type PlanOptions } from "./plan/planDeploy.ts";
export {
  changesOf,
  deletionsOf,
  planToJson,
  replacementsOf,
  type Action,
  type FieldConflict,
  type KeptObject,
  type Plan,
  type PlannedObject,
  type PlanProblem,
} from "./plan/Plan.ts";
export type { FieldChange } from "./plan/difference.ts";
export {
  formatChange,
  formatPlan,
  formatPlanned,
  formatSummary,
  type FormatPlanOptions,
} from "./plan/formatPlan.ts";
export { checkSavedPlan, parseSavedPlan, savePlan, type SavedPlan } from "./plan/savedPlan.ts";
export { deploy } from "./deploy.ts";
export type { DeployOptions } from "./DeployOptions.ts";
export type { ChangedObject, ComponentResult, DeployResult, Wave } from "./DeployResult.ts";
export { phaseText, type Phase } from "./wait/phase.ts";
export type { PhaseTime } from "./wait/WaitClock.ts";
export { listRevisions, readRevision, type Revision, type RevisionContent } from "./revisions/revisions.ts";
export { planRollback, type RollbackPlan } from "./rollback.ts";
export { restart } from "./restart.ts";
export { destroy, planDestroy, type DestroyOptions, type DestroyPlan } from "./destroy.ts";
export { statusOf, type StatusOptions } from "./status/statusOf.ts";
export type {
  ComponentStatus,
  Drift,
  EnvironmentStatus,
  Finding,
  Health,
  ImageVersion,
  LockHolder,
  Restarts,
  RunStatus,
} from "./status/EnvironmentStatus.ts";
export { readinessOf, readinessRules, type Readiness } from "./readiness/index.ts";
export type { LockOptions } from "./apply/Lock.ts";
export type { Attempt, RevisionHead } from "./apply/inventory.ts";
