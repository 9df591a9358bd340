import type { DevContainer } from "../../../contract/index.ts";
import type { Builtin } from "./Builtin.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { staticServer } from "./static.ts";

/** The servers that the sandbox brings. */
export const builtins: Record<NonNullable<DevContainer["builtin"]>, Builtin> = {
  redis,
  postgres,
  static: staticServer,
};
