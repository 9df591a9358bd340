/** Fixed names of labels and annotations. They are a contract with what already runs in a cluster: never change one. */
export const labels = {
  /** The component: `curator`. With `instance`, the whole of every selector. */
  name: "app.kubernetes.io/name",
  /** PLATFORM-ENVIRONMENT: `epidemiology-dev`. */
  instance: "app.kubernetes.io/instance",
  version: "app.kubernetes.io/version",
  component: "app.kubernetes.io/component",
  /** The platform: `epidemiology`. */
  partOf: "app.kubernetes.io/part-of",
  managedBy: "app.kubernetes.io/managed-by",
} as const;

export const annotations = {
  /** PLATFORM.ENVIRONMENT: who may prune this object. */
  owner: "moorage.dev/owner",
  /** On a pod template: hash of the configuration and files it uses, so that a change rolls the pods. */
  configHash: "moorage.dev/config-hash",
  /** On a pod template: HMAC of the secrets it uses, under the environment's key. */
  secretHash: "moorage.dev/secret-hash",
  /** On a pod template: set by `moorage restart`. */
  restartedAt: "moorage.dev/restarted-at",
} as const;

/** The field manager of a deploy. */
export const fieldManagerOf = (platform: string, environment: string): string =>
  `moorage:${platform}.${environment}`;

/** The owner id of a deploy, the value of `annotations.owner`. */
export const ownerOf = (platform: string, environment: string): string => `${platform}.${environment}`;

/** The `app.kubernetes.io/instance` of an environment. */
export const instanceOf = (platform: string, environment: string): string => `${platform}-${environment}`;

/** First part of the names of all that Moorage keeps of an environment in its namespace: Lease, ConfigMap, Secrets. */
export const stateNameOf = (platform: string, environment: string): string =>
  `moorage-${platform}-${environment}`;
