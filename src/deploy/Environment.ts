import { fieldManagerOf, instanceOf, labels, ownerOf, stateNameOf } from "../contract/index.ts";

/** Which environment of which platform, and where its state lives. A `Rendering` and a `Plan` are one too. */
export interface Environment {
  readonly platform: string;
  readonly environment: string;
  readonly namespace: string;
}

export const managerOf = (environment: Environment): string =>
  fieldManagerOf(environment.platform, environment.environment);
export const ownerIdOf = (environment: Environment): string =>
  ownerOf(environment.platform, environment.environment);
export const stateOf = (environment: Environment): string =>
  stateNameOf(environment.platform, environment.environment);
export const instanceLabelOf = (environment: Environment): string =>
  instanceOf(environment.platform, environment.environment);

/** Marks what Moorage keeps of an environment: `inventory`, `revision`, `chunk`. Nothing that carries it is ever pruned as an object. */
export const stateLabel = "moorage.dev/state";

/** Labels of everything that Moorage keeps of an environment. */
export const stateLabels = (environment: Environment, state: string): Record<string, string> => ({
  [labels.instance]: instanceLabelOf(environment),
  [labels.managedBy]: "moorage",
  [stateLabel]: state,
});
