/** Everything that speaks to a cluster. */
export const everyCommand = [
  "plan prod",
  "deploy prod --yes",
  "status prod",
  "history prod",
  "rollback prod 1 --yes",
  "destroy prod --yes",
  "rehearse prod --live",
] as const;
