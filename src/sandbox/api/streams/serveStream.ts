import type { ApiResponse } from "../ApiRequest.ts";
import type { StreamCall } from "../NodeBackend.ts";
import { at } from "../printers/Printer.ts";
import { containerOf } from "./containerOf.ts";
import { badRequest, forbidden, internalError } from "../StatusError.ts";
import { liveOf, type Write } from "../writes/index.ts";
import { streamOptions } from "./streamOptions.ts";

/**
 * `GET` or `POST` of `exec`, `attach` or `portforward`: handed to the node, which answers on the connection itself. A websocket can only be
 * asked for by GET, so that the right to `create` is asked for as well: who may look at a pod may not run commands in it. Source:
 * pkg/registry/core/pod/rest/subresources.go.
 */
export async function serveStream(write: Write, kind: StreamCall["kind"]): Promise<ApiResponse> {
  const { context, request, info } = write;
  if (request.method === "GET") permitCreate(write, kind);
  const options = streamOptions(kind, request.query);
  const pod = liveOf(write).object;
  const call: StreamCall =
    options.kind === "portforward"
      ? options
      : { ...options, container: containerOf(pod, request.query.get("container")) };
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  if (!at(pod, "spec", "nodeName")) throw badRequest(`pod ${info.name ?? ""} does not have a host assigned`);
  const node = context.node();
  if (node === undefined) throw internalError("this server has no node that could be connected with");
  const { upgrade } = request;
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  await node.stream({ name, namespace, uid }, call, upgrade);
  return { status: 101, headers: {}, body: "" };
}

function permitCreate({ context, request, info }: Write, kind: StreamCall["kind"]): void {
  const { name = "", namespace = "" } = info;
  const { allowed, reason } = context.authorizer.authorize({
    user: request.user,
    verb: "create",
    path: request.path,
    resource: info.plural,
    group: info.group,
    subresource: kind,
    namespace,
    name,
  });
  // Unlike other refusals this one doesn't say who may not do what.
  if (!allowed) throw forbidden(info, name, reason);
}
