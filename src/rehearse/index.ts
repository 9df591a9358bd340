/**
 * A whole deploy, carried out in a simulated sandbox.
 *
 * @example
 *     const evaluated = await loadEnvironment({ environment: "prod" });   // of moorage/deploy
 *     const rehearsal = await rehearse({ evaluated, processEnvironment: process.env }, {
 *       scenario: parseScenario(["image:api"], ["db=5m"]),
 *     });
 *     console.log(formatRehearsal(rehearsal).join("\n"));
 * @module
 */
export { MoorageError, type ErrorCode, type Location, type Problem } from "../contract/index.ts";
export { rehearse, kindsOf, type RehearseOptions } from "./rehearse.ts";
export { fromLive, fromNothing, fromRevision, type StartingPoint } from "./startingPoint.ts";
export { failureKinds, parseScenario, parseSpan, type FailureKind, type Scenario } from "./Scenario.ts";
export { formatRehearsal } from "./formatRehearsal.ts";
export type { KindLookup } from "./assumed.ts";
export type { Outage } from "./Outages.ts";
export type { PhaseFailure, Rehearsal, RehearsedPhase, TimedEvent } from "./Rehearsal.ts";
export type { OptionalRight } from "./rights/missedRights.ts";
export { rightsOf, type PlatformRights, type RightsOptions } from "./rights/rightsOf.ts";
export { rightId, type Right } from "./rights/Right.ts";
export { roleName, roleObjects, type Subject } from "./rights/roleObjects.ts";
