import type { Attempt, RevisionHead } from "../apply/inventory.ts";
import type { Environment } from "../Environment.ts";

/**
 * How something stands: everything is as it should be; it is on its way; it cannot get there by itself; or it may not be read.
 */
export type Health = "ready" | "waiting" | "failed" | "unknown";

/** One environment at a glance. All times are RFC 3339, texts are redacted. */
export interface EnvironmentStatus extends Environment {
  /** False: no record of a deploy was found there, or it may not be read; or it was destroyed since. */
  readonly deployed: boolean;
  /** The worst of its components and findings; `unknown` when nothing was deployed. */
  readonly health: Health;
  readonly components: readonly ComponentStatus[];
  /** What others changed of what was deployed. */
  readonly drift: readonly Drift[];
  /** What the drift was told from: the last revision; the platform file, where revisions may not be read; nothing, as where nothing was deployed. */
  readonly driftFrom?: "revision" | "platform file";
  /** Objects that the platform file wants otherwise than they were deployed: a deploy would change them. Only with a rendering. */
  readonly pending?: readonly string[];
  /** What is missing or about to end: secrets, keys of them, certificates. */
  readonly findings: readonly Finding[];
  /** The last that was recorded. */
  readonly revision?: RevisionHead;
  /** The last deploy, if it did not come to its end. */
  readonly unfinished?: Attempt;
  /** When it was destroyed, and by whom, where what holds data was kept. Without that, no record is left. */
  readonly destroyed?: { readonly at: string; readonly who: string };
  /** Who holds the lock: a deploy that runs, or one that died and left it. */
  readonly lock?: LockHolder;
  /** What could not be read, each said once. */
  readonly notes: readonly string[];
}

/** One component. */
export interface ComponentStatus {
  /** As its objects are labelled: `curator`. */
  readonly name: string;
  /** Its kind in the platform file, as far as it is known: `service`. */
  readonly kind?: string;
  /** Only where nothing was deployed yet, and nothing of it is there; its health is `unknown` then. */
  readonly deployed?: false;
  readonly health: Health;
  /** What it waits for, or why it failed. Empty when it is ready. */
  readonly message: string;
  /** Since when it is so; undefined where nothing tells. */
  readonly since?: string;
  /** Undefined for what has no replicas. */
  readonly replicas?: { readonly ready: number; readonly wanted: number };
  /** Of its containers, without sidecars that others injected. */
  readonly images: readonly ImageVersion[];
  /** The tag of its image, else the version label, else the digest's first characters. */
  readonly version?: string;
  /** Addresses under which it is reached from outside, never those inside the cluster. */
  readonly urls: readonly string[];
  /** Undefined when no container was started again. */
  readonly restarts?: Restarts;
  /** Of a job or a schedule. */
  readonly run?: RunStatus;
}

/** A container's image. */
export interface ImageVersion {
  readonly container: string;
  /** As the template names it. */
  readonly image: string;
  readonly tag?: string;
  /** The first 12 hexadecimal digits of what really runs, else of what the template pins. */
  readonly digest?: string;
}

/** Restarts of a component's containers, together. */
export interface Restarts {
  readonly count: number;
  /** Of the last one: `OOMKilled`, `exit code 1`. */
  readonly reason?: string;
  /** Of the last one. */
  readonly at?: string;
  /** `pod/container` of the last one. */
  readonly where?: string;
}

/** The last run of a job or a schedule. */
export interface RunStatus {
  readonly state: "running" | "succeeded" | "failed" | "never";
  /** When it ended; when it began, while it runs. */
  readonly at?: string;
  /** How long it took; how long it has taken, while it runs. */
  readonly seconds?: number;
  /** Of a schedule: its cron line. */
  readonly schedule?: string;
  /** Of a schedule that starts no runs. */
  readonly suspended?: boolean;
}

/** One field, or one object, that somebody else changed. */
export interface Drift {
  /** `Deployment curator-dev`. */
  readonly object: string;
  readonly component?: string;
  /** `added`: a field that we never set. `missing`: the object itself is gone. */
  readonly what: "changed" | "removed" | "added" | "missing";
  /** `spec.template.spec.containers[web].image`; undefined when the object is missing. */
  readonly path?: string;
  /** As it was deployed; left out when it is secret or was not there. */
  readonly deployed?: unknown;
  /** As it is now; left out when it is secret or is gone. */
  readonly now?: unknown;
  /** The values are secret and left out. */
  readonly secret?: true;
  /** The field manager that has it now, usually the program's name: `kubectl-edit`. Nobody is known for what was removed. */
  readonly manager?: string;
  /** When that manager last wrote to the object. */
  readonly at?: string;
}

/** Something that is missing, or that ends soon. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly component?: string;
}

/** Who may write now. */
export interface LockHolder {
  /** As in the context of their deploy: `ada@laptop 4711`. */
  readonly who: string;
  /** When it was taken, by the holder's clock. */
  readonly since?: string;
  /** When it was last renewed, by the holder's clock; that is every few seconds while they live. */
  readonly renewed?: string;
  /** For how long they may be silent before a deploy takes over. Over an hour is not waited for. */
  readonly leaseSeconds?: number;
}
