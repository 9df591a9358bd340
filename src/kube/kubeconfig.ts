import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { MoorageError } from "../contract/index.ts";
import { wrongInKubeconfig } from "./wrongInKubeconfig.ts";

/** A kubeconfig, merged from its files, as far as Moorage reads it. File paths in it are absolute. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  /** The files it was read from; for messages. */
  readonly files: readonly string[];
  /** Where it was looked for. */
  readonly looked: readonly string[];
}

export interface KubeconfigContext {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}
/** Field names are the kubeconfig's own. */
export interface KubeconfigCluster {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly "proxy-url"?: string;
}
export interface KubeconfigUser {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: ExecConfig;
  readonly "auth-provider"?: { readonly name: string; readonly config?: Readonly<Record<string, string>> };
  readonly as?: string;
  readonly "as-groups"?: readonly string[];
  readonly "as-uid"?: string;
}
/** client.authentication.k8s.io: a program that prints credentials. */
export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { name: string; value: string }[] | null;
  readonly provideClusterInfo?: boolean;
  readonly installHint?: string;
  readonly interactiveMode?: "Never" | "IfAvailable" | "Always";
}

export interface LoadKubeconfigOptions {
  /** As `--kubeconfig`: this file alone, and it must exist. */
  readonly path?: string;
  /** `KUBECONFIG` is read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For `~/.kube/config` when `KUBECONFIG` is not set. */
  readonly home: string;
}

interface RawKubeconfig {
  "current-context"?: string;
  contexts?: { name: string; context?: KubeconfigContext }[] | null;
  clusters?: { name: string; cluster?: KubeconfigCluster }[] | null;
  users?: { name: string; user?: KubeconfigUser }[] | null;
}

/**
 * By kubectl's rules (client-go's ClientConfigLoadingRules): an explicit path alone; else the files of `KUBECONFIG`, where the first
 * that names a context, cluster, user or the current context wins, and those that don't exist are passed over; else
 * `~/.kube/config`. Relative paths are relative to the file they stand in. Empty when no file exists.
 */
export function loadKubeconfig(options: LoadKubeconfigOptions): Kubeconfig {
  const listed = (options.env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  const paths =
    options.path !== undefined
      ? [options.path]
      : listed.length > 0
        ? [...new Set(listed)]
        : [join(options.home, ".kube", "config")];
  let currentContext: string | undefined;
  const contexts = new Map<string, KubeconfigContext>();
  const clusters = new Map<string, KubeconfigCluster>();
  const users = new Map<string, KubeconfigUser>();
  const files: string[] = [];
  for (const path of paths) {
    const raw = readRaw(path, options.path !== undefined);
    if (raw === undefined) continue;
    files.push(path);
    currentContext ||= raw["current-context"] || undefined;
    const at = dirname(resolve(path));
    for (const each of raw.contexts ?? []) addFirst(contexts, each.name, each.context ?? {});
    for (const each of raw.clusters ?? []) {
      addFirst(clusters, each.name, absolute(each.cluster ?? {}, ["certificate-authority"], at));
    }
    for (const each of raw.users ?? []) {
      const user = absolute(each.user ?? {}, ["client-certificate", "client-key", "tokenFile"], at);
      const command = user.exec?.command;
      // As client-go: a command with a slash is relative to the file, a bare one is looked up on the PATH.
      const exec =
        user.exec && command?.includes("/") && !isAbsolute(command)
          ? { ...user.exec, command: resolve(at, command) }
          : user.exec;
      addFirst(users, each.name, exec === user.exec ? user : { ...user, exec });
    }
  }
  return { currentContext, contexts, clusters, users, files, looked: paths };
}

function addFirst<T>(into: Map<string, T>, name: string, value: T): void {
  if (!into.has(name)) into.set(name, value);
}

function absolute<T extends object>(from: T, keys: readonly (keyof T & string)[], folder: string): T {
  const copy = { ...from };
  for (const key of keys) {
    const value = copy[key];
    if (typeof value === "string" && value !== "") {
      Object.assign(copy, { [key]: resolve(folder, value) });
    }
  }
  return copy;
}

function readRaw(path: string, mustExist: boolean): RawKubeconfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && !mustExist) return undefined;
    const why = code === "ENOENT" ? "does not exist" : `can't be read (${code})`;
    throw new MoorageError("KubeconfigInvalid", `The kubeconfig ${path} ${why}.`, {
      file: path,
      hint: "Check --kubeconfig and the variable KUBECONFIG.",
      cause: error,
    });
  }
  let parsed: unknown;
  try {
    parsed = text.startsWith("{") ? JSON.parse(text) : loadYaml().loadAll(text)[0];
  } catch (error) {
    // The parser's message quotes lines of the file, which may hold credentials: only the place is told.
    const line = lineOf(error);
    throw new MoorageError("KubeconfigInvalid", `The kubeconfig ${path} is not valid YAML.`, {
      file: path,
      line,
      hint: "Correct it there, or sign in to the cluster again with a file of its own: KUBECONFIG names it.",
    });
  }
  if (parsed === null || parsed === undefined) return {};
  const wrong = wrongInKubeconfig(parsed);
  if (wrong !== undefined) {
    throw new MoorageError(
      "KubeconfigInvalid",
      wrong === ""
        ? `${path} is not a kubeconfig.`
        : `${path} is not a kubeconfig: "${wrong}" is not what it should be.`,
      {
        file: path,
        ...(wrong === "" ? {} : { path: wrong }),
        hint: "It must have lists of contexts, clusters and users, as `kubectl config view` shows.",
      },
    );
  }
  return parsed;
}

/** Loaded when needed: the sandbox's kubeconfig is JSON, which is YAML too. */
const loadYaml = (): typeof import("js-yaml") =>
  createRequire(import.meta.url)("js-yaml") as typeof import("js-yaml");

function lineOf(error: unknown): number | undefined {
  const { mark } = error as { mark?: { line: number } };
  return mark === undefined ? undefined : mark.line + 1;
}
