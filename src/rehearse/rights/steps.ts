/** What a life consists of. Without `deploy` to `destroy` an environment can't be kept; the others are good to have. */
export const steps = {
  plan: "moorage plan",
  deploy: "moorage deploy",
  change: "a deploy that changes and deletes objects",
  status: "moorage status",
  history: "moorage history",
  failure: "a deploy whose pods fail",
  rollback: "moorage rollback",
  restart: "moorage restart",
  logs: "moorage logs",
  destroy: "moorage destroy",
} as const;

export type Step = keyof typeof steps;

/** Steps that have to go well: the life of an environment. */
export const needed: ReadonlySet<Step> = new Set([
  "deploy",
  "change",
  "failure",
  "rollback",
  "restart",
  "destroy",
]);

/** What came of one step: the code of its error, and what it said it did without. */
export interface StepOutcome {
  readonly step: Step;
  /** Undefined: it went well. */
  readonly error?: string;
  readonly message?: string;
  readonly notes: readonly string[];
}
