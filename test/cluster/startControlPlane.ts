import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterConnection, httpTransport, loadKubeconfig } from "../../src/kube/index.ts";
import { startComponent, type Component } from "./Component.ts";
import { freePorts } from "./freePorts.ts";
import { writeCredentials, type NodeCredentials } from "./writeCredentials.ts";

/** What can be started besides etcd, which always is. */
export type ComponentName = "kube-apiserver" | "kube-controller-manager" | "kube-scheduler";

export const allComponents: readonly ComponentName[] = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
];

export interface ControlPlaneOptions {
  /** Of `control-plane/`. */
  readonly program: string;
  /** Default: all. */
  readonly components?: readonly ComponentName[];
  /** Flags beyond, or instead of, those that are always set, by component. */
  readonly flags?: Partial<Record<ComponentName | "etcd", Readonly<Record<string, string>>>>;
}

export interface ControlPlane {
  /** The administrator's, as a path. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:41234` */
  readonly server: string;
  /** Process ids by component, for those who measure. */
  readonly pids: Readonly<Record<string, number>>;
  /** What a node of ours joins with. */
  readonly node: NodeCredentials;
  /** Where logs and certificates lie until it stops. */
  readonly folder: string;
  /** Ends every process and removes the folder. */
  stop(): Promise<void>;
}

/** Milliseconds after which a control plane that isn't ready never will be, even on a busy machine. */
const patience = 120_000;

/** Starts etcd and the components; resolves once the API server is ready and, with all controllers, namespace `default` is set up. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { program, components = allComponents, flags = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "moorage-cluster-"));
  const running: Component[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((component) => component.kill()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const [etcdPort, peerPort, apiPort] = (await freePorts(3)) as [number, number, number];
    const etcd = `http://127.0.0.1:${etcdPort}`;
    const server = `https://127.0.0.1:${apiPort}`;
    const credentials = await writeCredentials(folder, server, Date.now());
    const start = (name: ComponentName | "etcd", own: Readonly<Record<string, string>>): void => {
      running.push(startComponent({ program, name, folder, flags: { ...own, ...flags[name] } }));
    };
    mkdirSync(join(folder, "etcd"), { mode: 0o700 });
    start("etcd", {
      name: "test",
      "data-dir": join(folder, "etcd"),
      "listen-client-urls": etcd,
      "advertise-client-urls": etcd,
      "listen-peer-urls": `http://127.0.0.1:${peerPort}`,
      "initial-advertise-peer-urls": `http://127.0.0.1:${peerPort}`,
      "initial-cluster": `test=http://127.0.0.1:${peerPort}`,
      "log-level": "warn",
      // The data is thrown away; a test has no use for a disk that keeps it.
      "unsafe-no-fsync": "true",
    });
    start("kube-apiserver", {
      "etcd-servers": etcd,
      "bind-address": "127.0.0.1",
      "advertise-address": "127.0.0.1",
      "secure-port": String(apiPort),
      "tls-cert-file": credentials.serving.certificate,
      "tls-private-key-file": credentials.serving.key,
      "client-ca-file": credentials.ca,
      "kubelet-client-certificate": credentials.kubelet.certificate,
      "kubelet-client-key": credentials.kubelet.key,
      "kubelet-certificate-authority": credentials.ca,
      "kubelet-preferred-address-types": "InternalIP",
      "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
      "service-account-key-file": credentials.serviceAccountPublicKey,
      "service-account-signing-key-file": credentials.serviceAccountKey,
      "service-cluster-ip-range": "10.96.0.0/16",
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "allow-privileged": "true",
      // Nothing but loopback is there for the Service `kubernetes` to lead to, and nothing in a test asks for it.
      "endpoint-reconciler-type": "none",
    });
    const transport = httpTransport(
      clusterConnection(loadKubeconfig({ path: credentials.adminKubeconfig, env: {}, home: folder }), {
        env: {},
      }),
    );
    const become = async (what: string, ready: () => Promise<boolean>): Promise<void> => {
      for (const deadline = Date.now() + patience; !(await ready()); await sleep(50)) {
        const ended = running.map((component) => component.ended()).find((end) => end !== undefined);
        if (ended !== undefined) throw new Error(ended);
        if (Date.now() > deadline) throw new Error(`${what} did not happen; see ${lastLines(folder)}`);
      }
    };
    const answers = async (path: string): Promise<boolean> => {
      try {
        const response = await transport.send({ method: "GET", path });
        await response.text();
        return response.status === 200;
      } catch {
        return false;
      }
    };
    await become("kube-apiserver becoming ready", () => answers("/readyz"));
    if (components.includes("kube-controller-manager"))
      start("kube-controller-manager", {
        kubeconfig: credentials.controllerManagerKubeconfig,
        "authentication-skip-lookup": "true",
        "bind-address": "127.0.0.1",
        "secure-port": "0",
        "leader-elect": "false",
        "use-service-account-credentials": "true",
        "service-account-private-key-file": credentials.serviceAccountKey,
        "root-ca-file": credentials.ca,
        "cluster-signing-cert-file": credentials.ca,
        "cluster-signing-key-file": credentials.caKey,
        "service-cluster-ip-range": "10.96.0.0/16",
      });
    if (components.includes("kube-scheduler"))
      start("kube-scheduler", {
        kubeconfig: credentials.schedulerKubeconfig,
        "bind-address": "127.0.0.1",
        "secure-port": "0",
        "leader-elect": "false",
      });
    await become("namespace default", () =>
      answers(
        components.includes("kube-controller-manager") &&
          flags["kube-controller-manager"]?.["controllers"] === undefined
          ? "/api/v1/namespaces/default/serviceaccounts/default"
          : "/api/v1/namespaces/default",
      ),
    );
    await transport.close();
    return {
      kubeconfig: credentials.adminKubeconfig,
      server,
      node: credentials.node,
      pids: Object.fromEntries(running.map(({ name, pid }) => [name, pid])),
      folder,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const lastLines = (folder: string): string =>
  readFileSync(join(folder, "kube-apiserver.log"), "utf8").split("\n").slice(-15).join("\n");
