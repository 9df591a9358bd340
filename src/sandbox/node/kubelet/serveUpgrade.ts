import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { NodeBackend, Upgrade } from "../../api/NodeBackend.ts";
import type { Pod } from "../Pod.ts";
import { kubeletCall } from "../streams/kubeletCall.ts";
import { refuseUpgrade } from "../streams/refuseUpgrade.ts";
import { admit } from "./admit.ts";
import type { KubeletAuthorizer } from "./KubeletAuthorizer.ts";

interface UpgradeContext {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly backend: () => NodeBackend;
}

/** `/exec`, `/attach` and `/portForward`: hands the connection to the node when its sender may have it. */
export async function serveUpgrade(
  upgrade: Upgrade,
  context: UpgradeContext,
  authorizer: KubeletAuthorizer,
): Promise<void> {
  const { request, socket } = upgrade;
  socket.on("error", () => socket.destroy());
  const url = request.url ?? "/";
  const path = URL.parse(url, "https://kubelet")?.pathname;
  if (path === undefined) return refuseUpgrade(socket, { status: 400, message: "Bad Request" });
  const refusal = await admit(request, path, authorizer);
  if (refusal !== undefined) return refuseUpgrade(socket, refusal);
  const asked = kubeletCall(url);
  if (asked === undefined) return refuseUpgrade(socket, { status: 404, message: "404 page not found" });
  const { namespace, pod: name, uid: wanted } = asked;
  const pod = await context.client.find<Pod>({ apiVersion: "v1", kind: "Pod", name, namespace });
  const uid = pod?.metadata.uid ?? "";
  if (pod?.spec.nodeName !== context.nodeName || (wanted !== undefined && wanted !== uid))
    return refuseUpgrade(socket, { status: 404, message: "pod does not exist" });
  await context.backend().stream({ namespace, name, uid }, asked.call, upgrade);
}
