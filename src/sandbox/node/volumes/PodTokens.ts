import { kubeErrorOf } from "../../../kube/KubeError.ts";
import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { Clock } from "../../Clock.ts";
import type { Pod } from "../Pod.ts";

/** A token is replaced when this part of its time is over, or after a day: as the kubelet's token manager does. */
const used = 0.8;
const day = 24 * 60 * 60 * 1000;

interface HeldToken {
  readonly text: string;
  readonly renewAt: number;
}

/** The tokens of one pod's service account: bound to the pod, so that they end with it, and kept until they have to be replaced. */
export class PodTokens {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #held = new Map<string, HeldToken>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** When the first of them has to be replaced; undefined when there is none. */
  renewAt(): number | undefined {
    const times = [...this.#held.values()].map(({ renewAt }) => renewAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A token for `audience` (default: the API server) that was asked for with so many seconds of life. */
  async get(pod: Pod, audience: string | undefined, seconds: number): Promise<string> {
    const key = JSON.stringify([audience, seconds]);
    const now = this.#clock.now();
    const held = this.#held.get(key);
    if (held !== undefined && now < held.renewAt) return held.text;
    const text = await this.#request(pod, audience, seconds);
    this.#held.set(key, { text, renewAt: now + Math.min(seconds * 1000 * used, day) });
    return text;
  }

  async #request(pod: Pod, audience: string | undefined, seconds: number): Promise<string> {
    const { name, namespace = "", uid } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? "default";
    const request = {
      method: "POST" as const,
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {
          expirationSeconds: seconds,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
          ...(audience === undefined ? {} : { audiences: [audience] }),
        },
      },
    };
    const response = await this.#client.transport.send(request);
    if (response.status >= 300) throw await kubeErrorOf(request, response);
    return ((await response.json()) as { status?: { token?: string } }).status?.token ?? "";
  }
}
