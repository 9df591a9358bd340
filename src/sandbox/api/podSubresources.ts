import type { KubeObject } from "../../contract/index.ts";
import { MoorageError } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import type { ApiResponse } from "./ApiRequest.ts";
import { copyJson } from "./apply/index.ts";
import { at } from "./printers/Printer.ts";
import { requestBody } from "./requestBody.ts";
import { containerOf } from "./streams/containerOf.ts";
import { badRequest, conflict, internalError, StatusError } from "./StatusError.ts";
import { numberOf } from "./writeOptions.ts";
import { commit, liveOf, type Write } from "./writes/index.ts";

const json = { "content-type": "application/json" };
const success = (status: number): ApiResponse => ({
  status,
  headers: json,
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: status }),
});

/** `GET /log`: the node's, with the container resolved and the numbers checked. */
export async function podLog(write: Write): Promise<ApiResponse> {
  const { context, request } = write;
  const { query } = request;
  const pod = liveOf(write).object;
  const container = containerOf(pod, query.get("container"));
  const positive = (name: string): number | undefined => {
    const value = numberOf(query, name);
    if (value !== undefined && value < 0) {
      throw new StatusError(
        422,
        "Invalid",
        `PodLogOptions "${pod.metadata.name}" is invalid: ${name}: Invalid value: ${value}: must be greater than or equal to 0`,
        {
          name: pod.metadata.name,
          kind: "PodLogOptions",
          causes: [
            {
              reason: "FieldValueInvalid",
              message: `Invalid value: ${value}: must be greater than or equal to 0`,
              field: name,
            },
          ],
        },
      );
    }
    return value;
  };
  const numbers = {
    tailLines: positive("tailLines"),
    limitBytes: positive("limitBytes"),
    sinceSeconds: positive("sinceSeconds"),
  };
  const flag = (name: string): boolean => /^(true|1)$/.test(query.get(name) ?? "");
  // Nobody could have anything to say yet.
  if (!at(pod, "spec", "nodeName")) return { status: 204, headers: {}, body: "" };
  const node = context.node();
  if (node === undefined) throw internalError("this server has no node that could be asked for logs");
  const lines = node.logs(
    { namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "", uid: pod.metadata.uid ?? "" },
    {
      container,
      follow: flag("follow"),
      previous: flag("previous"),
      timestamps: flag("timestamps"),
      ...numbers,
      sinceTime: query.get("sinceTime") ?? undefined,
      signal: request.signal,
    },
  );
  // The first part decides between an answer and a refusal, so it is waited for.
  const iterator = lines[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array>;
  try {
    first = flag("follow") ? await firstOrQuiet(iterator) : await iterator.next();
  } catch (error) {
    if (error instanceof MoorageError) throw badRequest(error.message);
    throw error;
  }
  async function* body(): AsyncIterable<Uint8Array> {
    try {
      if (first.value !== undefined) yield first.value;
      if (first.done === true) return;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { status: 200, headers: { "content-type": "text/plain" }, body: body() };

  /** A followed log may be quiet for long: the answer begins without waiting for its first line. */
  async function firstOrQuiet(source: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const pending = source.next();
    const quiet = Symbol("quiet");
    const winner = await Promise.race([
      pending,
      new Promise<typeof quiet>((resolve) => setTimeout(() => resolve(quiet), 50)),
    ]);
    if (winner !== quiet) return winner;
    const next = source.next.bind(source);
    let used = false;
    source.next = async () => {
      if (used) return await next();
      used = true;
      return await pending;
    };
    return { done: false, value: undefined as never };
  }
}

/** `POST /binding`: a scheduler says where a pod runs. */
export async function bindPod(write: Write): Promise<ApiResponse> {
  const { context, kind, request, info } = write;
  const target = at((await requestBody(request)).value, "target", "name");
  if (typeof target !== "string" || target === "") throw badRequest("a binding names its target");
  const live = liveOf(write);
  if (at(live.object, "spec", "nodeName")) {
    throw conflict(
      { group: "", plural: "pods/binding" },
      info.name ?? "",
      `pod ${info.name} is already assigned to node "${String(at(live.object, "spec", "nodeName"))}"`,
    );
  }
  const next = copyJson<KubeObject>(live.object);
  (next.spec as Record<string, unknown>)["nodeName"] = target;
  const status = (next["status"] ??= {}) as { conditions?: Record<string, unknown>[] };
  const now = timeOf(context.clock.now());
  status.conditions = [
    ...(status.conditions ?? []).filter(({ type }) => type !== "PodScheduled"),
    { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: now },
  ];
  commit({ ...write, kind }, live, live.object, next);
  return success(201);
}
