import {
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
  createPrivateKey,
  createPublicKey,
} from "node:crypto";
import type { User } from "../ApiRequest.ts";
import type { Clock } from "../../Clock.ts";
import type { Store } from "../store/Store.ts";

/** For whom tokens are meant unless somebody says otherwise. */
export const ownAudience = "https://kubernetes.default.svc.cluster.local";
const algorithm = "ES256";

/** Of a bound token. */
export interface BoundObject {
  readonly kind: "Pod" | "Secret" | "Node";
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  readonly bound?: BoundObject;
}

interface PrivateClaims {
  readonly namespace: string;
  readonly serviceaccount: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly secret?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
}

/** A new key, PEM (PKCS #8). */
export const newTokenKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

/** Signs tokens of service accounts, and says whom they stand for. Source: k8s.io/kubernetes pkg/serviceaccount. */
export class ServiceAccountTokens {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #key: () => string;
  #pair: { privateKey: KeyObject; publicKey: KeyObject } | undefined;

  /** @param key PEM; read when first needed */
  constructor(store: Store, clock: Clock, key: () => string = newTokenKey) {
    this.#store = store;
    this.#clock = clock;
    this.#key = key;
  }

  async sign({ namespace, name, uid, audiences, lifetime, bound }: TokenClaims): Promise<string> {
    const { SignJWT } = await import("jose");
    const now = Math.floor(this.#clock.now() / 1000);
    const claims: PrivateClaims = {
      namespace,
      serviceaccount: { name, uid },
      ...(bound === undefined ? {} : { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
    };
    return await new SignJWT({ "kubernetes.io": claims })
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(ownAudience)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience([...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + lifetime)
      .setJti(randomUUID())
      .sign(this.#keys().privateKey);
  }

  /** Whom a token stands for, and for which of these audiences; undefined when it is none of ours, or is not valid any more. */
  async read(
    token: string,
    audiences: readonly string[] = [ownAudience],
  ): Promise<{ user: User; audiences: string[] } | undefined> {
    if (token.split(".").length !== 3) return undefined;
    const { jwtVerify } = await import("jose");
    const verified = await jwtVerify(token, this.#keys().publicKey, {
      issuer: ownAudience,
      algorithms: [algorithm],
      currentDate: new Date(this.#clock.now()),
    }).catch(() => undefined);
    if (verified === undefined) return undefined;
    const { payload } = verified;
    const meant = [payload.aud ?? []].flat().filter((audience) => audiences.includes(audience));
    const claims = payload["kubernetes.io"] as PrivateClaims | undefined;
    if (meant.length === 0 || claims === undefined || !this.#stillHolds(claims)) return undefined;
    const { namespace, serviceaccount, pod, node } = claims;
    const about: Record<string, readonly string[]> = {
      "authentication.kubernetes.io/credential-id": [`JTI=${payload.jti}`],
    };
    if (node !== undefined) {
      about["authentication.kubernetes.io/node-name"] = [node.name];
      about["authentication.kubernetes.io/node-uid"] = [node.uid];
    }
    if (pod !== undefined) {
      about["authentication.kubernetes.io/pod-name"] = [pod.name];
      about["authentication.kubernetes.io/pod-uid"] = [pod.uid];
    }
    const user = {
      name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
      uid: serviceaccount.uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
      extra: about,
    };
    return { user, audiences: meant };
  }

  /** The account and what the token is bound to are still there, and are the same. */
  #stillHolds({ namespace, serviceaccount, pod, secret, node }: PrivateClaims): boolean {
    const isThere = (collection: string, key: string, uid: string): boolean => {
      const found = this.#store.get(collection, key);
      return found !== undefined && found.object.metadata.uid === uid;
    };
    return (
      isThere("serviceaccounts", `${namespace}/${serviceaccount.name}`, serviceaccount.uid) &&
      (pod === undefined || isThere("pods", `${namespace}/${pod.name}`, pod.uid)) &&
      (secret === undefined || isThere("secrets", `${namespace}/${secret.name}`, secret.uid)) &&
      (node === undefined || isThere("nodes", `/${node.name}`, node.uid))
    );
  }

  #keys(): { privateKey: KeyObject; publicKey: KeyObject } {
    if (this.#pair === undefined) {
      const privateKey = createPrivateKey(this.#key());
      this.#pair = { privateKey, publicKey: createPublicKey(privateKey) };
    }
    return this.#pair;
  }
}
