import type { IncomingMessage } from "node:http";
import { anonymous } from "../../api/ApiRequest.ts";
import { authenticate } from "../../api/https/Authenticator.ts";
import type { Refusal } from "../streams/StreamTarget.ts";
import { kubeletAccess } from "./kubeletAccess.ts";
import type { KubeletAuthorizer } from "./KubeletAuthorizer.ts";

/** Why a request may not go on; undefined when it may. */
export async function admit(
  request: IncomingMessage,
  path: string,
  authorizer: KubeletAuthorizer,
): Promise<Refusal | undefined> {
  const user = await authenticate(request, []);
  if (user === undefined || user === anonymous) return { status: 401, message: "Unauthorized" };
  const access = kubeletAccess(request.method ?? "GET", path);
  if (await authorizer.allows(user, access)) return undefined;
  const { verb, subresources } = access;
  return {
    status: 403,
    message: `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}])`,
  };
}
