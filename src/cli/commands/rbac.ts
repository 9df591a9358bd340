import { MoorageError } from "../../contract/index.ts";
import type { PlatformRights, Subject } from "../../rehearse/index.ts";
import { defineCommand, listOption } from "../Command.ts";
import { loadPlatformFor } from "../loadPlatformFor.ts";
import { environmentArgument } from "../preparePlan.ts";

export const rbacCommand = defineCommand({
  name: "rbac",
  group: "Deploy",
  summary: "print the smallest rights with which an environment can be deployed",
  description:
    "Rehearses the whole life of the environment (deploy, change, failure, rollback, restart, logs, destroy), notes what it asks of the API server, and takes each right away in turn: what then fails is required, what is only missed is optional, with what it costs. Prints Roles for an administrator to apply. Asks no cluster; takes some seconds.",
  arguments: [environmentArgument],
  options: [
    {
      flags: "--bind <subject>",
      description: "bind them too: user:ada, group:survey, serviceaccount:NAMESPACE:NAME",
      repeatable: true,
    },
    { flags: "--read-only", description: "only what plan, status, history and logs read" },
  ],
  json: true,
  examples: [
    {
      command: "moorage rbac prod --bind serviceaccount:survey:deployer | kubectl apply -f -",
      explains: "a service account that may deploy prod, and nothing else",
    },
    { command: "moorage rbac prod --read-only --bind group:survey", explains: "everybody may look" },
  ],
  async run({ args, options }, context) {
    const { output } = context;
    const subjects = listOption(options, "bind").map(parseSubject);
    const loaded = await loadPlatformFor(context);
    const { evaluateEnvironment } = await import("../../platform/index.ts");
    const evaluated = evaluateEnvironment(loaded, args[0] ?? "");
    const { rightsOf, roleObjects } = await import("../../rehearse/index.ts");
    if (output.live) output.remark("Rehearsing what it needs; this takes some seconds.");
    const isReadOnly = options.readOnly === true;
    const rights = await rightsOf(
      { evaluated, processEnvironment: context.environment },
      { readOnly: isReadOnly },
    );
    const objects = roleObjects(rights, subjects);
    output.json({ ...rights, objects });
    const { stringify } = await import("yaml");
    for (const [index, object] of objects.entries()) {
      if (index > 0) output.line("---");
      for (const line of explanation(object.kind, object.metadata.name ?? "", rights, isReadOnly))
        output.line(`# ${line}`);
      output.line(stringify(object, { version: "1.1", lineWidth: 0 }).trimEnd());
    }
    return 0;
  },
});

/** What a Role is for, and of the optional one what each right's lack costs. */
function explanation(kind: string, name: string, rights: PlatformRights, isReadOnly: boolean): string[] {
  if (kind === "ClusterRole")
    return [
      "For objects without a namespace: an administrator of the cluster grants this, or makes those objects,",
      "which are then left out of the platform.",
    ];
  if (kind !== "Role") return [];
  if (!name.endsWith("-optional"))
    return [
      isReadOnly
        ? "Required: without any of these a plan, a status, a history or logs fail."
        : "Required: without any of these a deploy, a rollback, a restart or destroying fails.",
      "Whoever administers the namespace can grant it.",
    ];
  return [
    "Optional: what is lost without",
    ...rights.optional.map(({ verb, group, resource, without }) => {
      const kindName = group === "" ? resource : `${resource}.${group}`;
      return `  ${verb} ${kindName}: ${without.map((cost) => cost.replace(/\.$/, "")).join("; ")}`;
    }),
  ];
}

function parseSubject(text: string): Subject {
  const [kind = "", ...rest] = text.split(":");
  const known = kind.toLowerCase();
  const [first = "", second = ""] = rest;
  if (known === "serviceaccount" && rest.length === 2 && first !== "" && second !== "")
    return { kind: "ServiceAccount", namespace: first, name: second };
  // Names of users and groups have colons of their own: system:serviceaccounts:survey.
  const name = rest.join(":");
  if (known === "user" && name !== "") return { kind: "User", name };
  if (known === "group" && name !== "") return { kind: "Group", name };
  throw new MoorageError(
    "Usage",
    `--bind takes user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME, not "${text}".`,
    {
      hint: "For example: --bind serviceaccount:survey:deployer",
      exitCode: 2,
    },
  );
}
