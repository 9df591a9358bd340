import type { Outage } from "./Outages.ts";
import type { RehearsedPhase } from "./Rehearsal.ts";
import type { Scenario } from "./Scenario.ts";
import { spanText } from "./spanText.ts";

/** Whether all went as it should, in a sentence. Pure. */
export function verdictOf(
  phases: readonly RehearsedPhase[],
  outages: readonly Outage[],
  scenario: Scenario,
  maxOutage: number | undefined,
): { readonly ok: boolean; readonly verdict: string } {
  const phase = (name: RehearsedPhase["name"]): RehearsedPhase | undefined =>
    phases.find((one) => one.name === name);
  const before = phase("before");
  const deploy = phase("deploy");
  const rollback = phase("rollback");
  if (before?.outcome === "failed")
    return { ok: false, verdict: `Already ${before.of} can't be deployed: ${before.failure?.message ?? ""}` };
  if (deploy === undefined) return { ok: false, verdict: "Nothing was deployed." };
  const long = longest(outages, maxOutage);
  if (scenario.failures.size === 0) {
    if (deploy.outcome === "failed") {
      const back = rollback === undefined ? "" : ` ${backText(rollback)}`;
      return { ok: false, verdict: `The deploy would fail: ${deploy.failure?.message ?? ""}${back}` };
    }
    if (long !== undefined) return { ok: false, verdict: `The deploy would work, but ${long}` };
    return {
      ok: true,
      verdict:
        deploy.outcome === "nothing to do"
          ? "There is nothing to deploy."
          : `The deploy would work, in ${spanText(deploy.milliseconds)}.`,
    };
  }
  if (deploy.outcome !== "failed")
    return { ok: false, verdict: "The deploy was made to fail, and nobody noticed: it counts as done." };
  if (deploy.events.length === 0)
    return {
      ok: false,
      verdict: `The new version is refused before anything is written: ${deploy.failure?.message ?? ""}`,
    };
  const stopped = `The bad rollout stops after ${spanText(deploy.milliseconds)}`;
  if (rollback === undefined)
    return { ok: false, verdict: `${stopped}, and there is nothing to go back to.` };
  if (rollback.outcome === "failed") return { ok: false, verdict: `${stopped}, but ${backText(rollback)}` };
  if (long !== undefined) return { ok: false, verdict: `${stopped}; going back works, but ${long}` };
  return { ok: true, verdict: `${stopped}, and ${backText(rollback)}` };
}

const backText = (rollback: RehearsedPhase): string =>
  rollback.outcome === "failed"
    ? `going back does not work: ${rollback.failure?.message ?? ""}`
    : `going back works, in ${spanText(rollback.milliseconds)}.`;

function longest(outages: readonly Outage[], maxOutage: number | undefined): string | undefined {
  if (maxOutage === undefined) return undefined;
  const found = outages.find(({ from, to }) => to === undefined || to - from > maxOutage);
  if (found === undefined) return undefined;
  const { service, from, to } = found;
  const time = to === undefined ? "from then on" : `for ${spanText(to - from)}`;
  return `Service ${service} would have no ready pod ${time}: more than ${spanText(maxOutage)}.`;
}
