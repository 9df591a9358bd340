/**
 * The contract between rendered pods and the sandbox's node ("A pod as a process"). `components/` writes the first group for
 * sandbox targets only; `sandbox/node/` reads them when it starts a container. The second group is written by the node.
 */
export const devAnnotations = {
  /** On a pod (template): JSON of `DevContainers`. */
  containers: "dev.moorage.dev/containers",
  /** On a ConfigMap: comma-separated keys whose text is a template, in which references are substituted; `*` for all. */
  templates: "dev.moorage.dev/templates",

  /** On a Pod, written by the node: JSON, container port -> loopback port. The front door and the service proxy route by it. */
  ports: "dev.moorage.dev/ports",
  /** On a Service, written by the node: JSON, service port -> loopback port of its proxy on 127.0.0.1. */
  servicePorts: "dev.moorage.dev/service-ports",
} as const;

/** Container name -> how it runs here. Init containers and sidecars included. A container without entry can't run here. */
export type DevContainers = Record<string, DevContainer>;

/** How one container runs as a process. */
export interface DevContainer {
  /** Absolute folder in which the program runs. */
  cwd?: string;
  /** Hash of the files below `cwd`: part of the pod template, so that a changed program rolls its pods and runs its jobs again. */
  source?: string;
  /** Run once before the first start, and again when it changes: `npm ci`, a build. A shell line. */
  prepare?: string;
  /** Instead of the container's `command` and `args`. */
  run?: string[];
  /** A server that the sandbox brings: the one on the PATH, an embedded build, or its own static file server. */
  builtin?: "redis" | "postgres" | "static";
  /** The program ignores PORT and listens on the container's port: one replica only. */
  fixedPort?: boolean;
}
