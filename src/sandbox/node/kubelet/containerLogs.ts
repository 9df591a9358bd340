import type { ServerResponse } from "node:http";
import { drained } from "../../drained.ts";
import { MoorageError } from "../../../contract/index.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { NodeBackend } from "../../api/NodeBackend.ts";
import type { Clock } from "../../Clock.ts";
import type { Pod } from "../Pod.ts";
import { allContainers } from "../ports.ts";
import { answer } from "./answer.ts";
import { logQuery } from "./logQuery.ts";

interface LogContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly backend: () => Pick<NodeBackend, "logs">;
}

/** Milliseconds in which a followed log may turn out to be none, before its answer begins. */
const untilQuiet = 50;

/** `GET /containerLogs/NAMESPACE/POD/CONTAINER`, worded as a kubelet does. */
export async function containerLogs(
  [namespace = "", name = "", container = ""]: readonly string[],
  query: URLSearchParams,
  response: ServerResponse,
  context: LogContext,
): Promise<void> {
  const asked = logQuery(query);
  if ("problem" in asked) return answer(response, asked.status, asked.problem);
  const pod = await context.client.find<Pod>({ apiVersion: "v1", kind: "Pod", name, namespace });
  if (pod === undefined || pod.spec.nodeName !== context.nodeName)
    return answer(response, 404, `pod "${name}" does not exist`);
  if (!allContainers(pod).some((each) => each.name === container))
    return answer(response, 404, `container "${container}" not found in pod "${name}"`);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { signal } = gone;
  const ref = { namespace, name, uid: pod.metadata.uid ?? "" };
  const log = context.backend().logs(ref, { ...asked.options, container, signal });
  const lines = log[Symbol.asyncIterator]();
  try {
    let next = lines.next();
    // Without a first part there may still be a refusal; a followed log may be quiet for long.
    const quiet = asked.options.follow === true ? context.clock.sleep(untilQuiet, gone.signal) : undefined;
    await Promise.race([next, ...(quiet === undefined ? [] : [quiet.catch(() => undefined)])]);
    response.writeHead(200, { "content-type": "text/plain", "transfer-encoding": "chunked" });
    response.flushHeaders();
    for (;;) {
      const { done, value } = await next;
      if (done === true || response.destroyed) break;
      if (!response.write(value)) await drained(response);
      next = lines.next();
    }
    response.end();
  } catch (error) {
    if (!(error instanceof MoorageError) || response.headersSent) throw error;
    answer(response, 400, error.message);
  } finally {
    await lines.return?.(undefined);
  }
}
