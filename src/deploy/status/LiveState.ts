import type { KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import type { Environment } from "../Environment.ts";
import type { LastDeployed } from "./lastDeployed.ts";

/** What was found in the cluster of an environment. */
export interface LiveState {
  readonly environment: Environment;
  /** Everything that a deploy may have made, by key. */
  readonly refs: ReadonlyMap<string, ObjectRef>;
  /** What was deployed last; undefined when it may not be read, or nothing was. */
  readonly last: LastDeployed | undefined;
  /** What is there, by key. */
  readonly byKey: ReadonlyMap<string, KubeObject>;
  /** Whether the last deploy came to its end. */
  readonly isFinished: boolean;
  /** Whether there is no record of any deploy. One that may not be read is another matter: then it is false. */
  readonly isNew: boolean;
  /** Of these nothing is known. */
  readonly isUnread: (ref: ObjectRef) => boolean;
}
