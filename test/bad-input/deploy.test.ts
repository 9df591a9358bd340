import { afterAll, beforeAll, describe } from "vitest";
import { credentialCases } from "./deploy/credentials.ts";
import { halfUpServerCases, unusableServerCases } from "./deploy/halfUpServer.ts";
import { interruptedCases, processCases } from "./deploy/interrupted.ts";
import { kubeconfigCases } from "./deploy/kubeconfigs.ts";
import { lockCases } from "./deploy/locks.ts";
import { namespaceCases } from "./deploy/namespaces.ts";
import { ownerCases } from "./deploy/owners.ts";
import { recordCases } from "./deploy/records.ts";
import { savedPlanCases } from "./deploy/savedPlans.ts";
import { targetKinds, type Target } from "./deploy/targets.ts";

/** What goes wrong between a deploy and its cluster; `deploy/` has the cases. */
describe.each(targetKinds)("On $name", (kind) => {
  const { name, missing } = kind;
  let target: Target;
  beforeAll(async () => {
    if (missing === undefined) target = await kind.start();
  }, 300_000);
  afterAll(async () => await target?.stop());

  describe("a deploy", { concurrent: true, skip: missing !== undefined, timeout: 300_000 }, () => {
    if (name === "the sandbox") kubeconfigCases(() => target);
    if (name === "the sandbox") unusableServerCases(() => target);
    if (name === "the sandbox") processCases(() => target);
    halfUpServerCases(() => target);
    interruptedCases(() => target);
    credentialCases(() => target);
    namespaceCases(() => target);
    ownerCases(() => target);
    savedPlanCases(() => target);
    lockCases(() => target);
    recordCases(() => target);
  });
});
