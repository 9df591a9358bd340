import type { KubeObject } from "../../contract/index.ts";
import { KubeError } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";

/** Nobody's: nothing is written under it. */
const name = "moorage-asks-what-this-would-be";

/**
 * What the server would make of an object if there were none of its name: with what it sets where nothing is said, so that this is told from what somebody set. It is asked about the
 * object under another name. Undefined where that cannot be tried out: without the right, or where something else can be there only once (a node port, a host).
 */
export async function madeAnew(
  object: KubeObject,
  fieldManager: string,
  { client, signal }: Context,
): Promise<KubeObject | undefined> {
  try {
    return await client.apply(
      { ...object, metadata: { ...object.metadata, name } },
      { fieldManager, dryRun: true, signal },
    );
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
