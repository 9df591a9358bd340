// Deploys an environment when a rehearsal of the worst shows that nobody would notice. One JSON line for each event.
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { deploy, loadEnvironment, MoorageError, prepareDeploy, statusOf } from "moorage/deploy";
import { openKubeClient } from "moorage/kube";
import { fromLive, parseScenario, rehearse } from "moorage/rehearse";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { file: { type: "string" }, component: { type: "string" } },
});
const [name = "prod"] = positionals;
const tell = (event: object): void => console.log(JSON.stringify(event));

/** What stops the work is told as everything else; a bug keeps its stack trace. */
const stop = (error: unknown): never => {
  if (!(error instanceof MoorageError)) throw error;
  const { code, message, hint } = error;
  tell({ type: "error", code, message, hint });
  process.exit(1);
};

const evaluated = await loadEnvironment({
  environment: name,
  ...(values.file === undefined ? {} : { file: values.file }),
}).catch(stop);
const source = { evaluated, processEnvironment: process.env };
const environment = { platform: evaluated.platform, environment: name, namespace: evaluated.namespace };
const { client } = openKubeClient({ env: process.env, home: homedir() });

try {
  // What if the next version of this component crashes, or takes two minutes to start?
  const scenarios =
    values.component === undefined
      ? [parseScenario([], [])]
      : [parseScenario([`crash:${values.component}`], []), parseScenario([], [`${values.component}=2m`])];
  const from = await fromLive(environment, [], { client });
  for (const scenario of scenarios) {
    const { ok, verdict, outages } = await rehearse(source, { from, scenario, maxOutage: 0 });
    tell({ type: "rehearsed", ok, verdict, outages });
    if (!ok) process.exit(1);
  }

  const { rendering, plan, redact } = await prepareDeploy(source, { client });
  tell({ type: "planned", ...plan.summary });
  const result = await deploy(
    rendering,
    plan,
    { client, redact, who: "careful-deploy", onEvent: tell },
    { rollbackOnFailure: true },
  );
  tell({ type: "result", status: result.status, revision: result.revision });
  const status = await statusOf(environment, { client }, { rendering });
  for (const component of status.components)
    tell({ type: "status", name: component.name, health: component.health });
} catch (error) {
  stop(error);
} finally {
  await client.close();
}
