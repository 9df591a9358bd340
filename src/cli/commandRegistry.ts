import type { Command } from "./Command.ts";
import { checkCommand } from "./commands/check.ts";
import { deployCommand } from "./commands/deploy.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { devCommand } from "./commands/dev.ts";
import { historyCommand } from "./commands/history.ts";
import { initCommand } from "./commands/init.ts";
import { logsCommand } from "./commands/logs.ts";
import { planCommand } from "./commands/plan.ts";
import { rbacCommand } from "./commands/rbac.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { renderCommand } from "./commands/render.ts";
import { restartCommand } from "./commands/restart.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { sandboxClockCommand } from "./commands/sandboxClock.ts";
import { sandboxEnvCommand } from "./commands/sandboxEnv.ts";
import { sandboxListCommand } from "./commands/sandboxList.ts";
import { sandboxStopCommand } from "./commands/sandboxStop.ts";
import { schemaCommand } from "./commands/schema.ts";
import { statusCommand } from "./commands/status.ts";

/** Every command, in the order of `moorage --help`; one below another comes after it. */
export const commandRegistry: readonly Command[] = [
  initCommand,
  checkCommand,
  renderCommand,
  schemaCommand,
  planCommand,
  rehearseCommand,
  rbacCommand,
  deployCommand,
  rollbackCommand,
  restartCommand,
  destroyCommand,
  statusCommand,
  historyCommand,
  logsCommand,
  devCommand,
  sandboxCommand,
  sandboxEnvCommand,
  sandboxListCommand,
  sandboxStopCommand,
  sandboxClockCommand,
];
