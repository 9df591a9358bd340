import { kubeErrorOf } from "../../../kube/KubeError.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { Clock } from "../../Clock.ts";
import type { KubeletAccess } from "./kubeletAccess.ts";

/** Milliseconds that an answer holds, as a kubelet's webhook cache keeps them. */
const keptAllowed = 5 * 60_000;
const keptDenied = 30_000;

/** Asks the API server whether somebody may use this node's kubelet. */
export class KubeletAuthorizer {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #node: string;
  readonly #answers = new Map<string, { allowed: boolean; until: number }>();

  constructor(client: KubeClient, clock: Clock, node: string) {
    this.#client = client;
    this.#clock = clock;
    this.#node = node;
  }

  async allows(user: { name: string; groups: readonly string[] }, access: KubeletAccess): Promise<boolean> {
    for (const subresource of access.subresources)
      if (await this.#may(user, access.verb, subresource)) return true;
    return false;
  }

  async #may(
    user: { name: string; groups: readonly string[] },
    verb: string,
    subresource: string,
  ): Promise<boolean> {
    const key = JSON.stringify([user.name, user.groups, verb, subresource]);
    const now = this.#clock.now();
    const known = this.#answers.get(key);
    if (known !== undefined && known.until > now) return known.allowed;
    const request = {
      method: "POST" as const,
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: user.name,
          groups: user.groups,
          resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: this.#node },
        },
      },
    };
    const response = await this.#client.transport.send(request);
    if (response.status >= 300) throw await kubeErrorOf(request, response);
    const { status } = (await response.json()) as { status?: { allowed?: boolean } };
    const allowed = status?.allowed === true;
    // Few are ever asked about: the API server, and who tries.
    if (this.#answers.size > 1000) this.#answers.clear();
    this.#answers.set(key, { allowed, until: now + (allowed ? keptAllowed : keptDenied) });
    return allowed;
  }
}
