import "reflect-metadata";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, issueCertificate, type KeyPair } from "../../src/sandbox/api/https/certificates.ts";

/** Paths of all that the components identify themselves with. */
export interface Credentials {
  readonly ca: string;
  readonly caKey: string;
  readonly serving: CertificateFiles;
  /** How the API server speaks to kubelets. */
  readonly kubelet: CertificateFiles;
  /** For our own node, should one be wanted. */
  readonly node: NodeCredentials;
  readonly serviceAccountPublicKey: string;
  readonly serviceAccountKey: string;
  readonly controllerManagerKubeconfig: string;
  readonly schedulerKubeconfig: string;
  readonly adminKubeconfig: string;
}

/** What our own node speaks to the API server with, and the other way round. */
export interface NodeCredentials {
  readonly name: string;
  /** Of `nodeUser`, which may do nothing yet. */
  readonly kubeconfig: string;
  /** For the server's end of its kubelet's API. */
  readonly certificate: KeyPair;
  /** PEM: who signed the API server's client certificate. */
  readonly clientAuthority: string;
}

/**
 * Not `system:node:NAME`: our node writes loopback ports into annotations of pods and Services, which the admission plugin
 * NodeRestriction forbids to real nodes.
 */
export const nodeUser = "moorage:node";

interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate authority and everything it signs, in `folder`, for an API server at `server`. */
export async function writeCredentials(folder: string, server: string, now: number): Promise<Credentials> {
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const writePair = (name: string, pair: KeyPair): CertificateFiles => ({
    certificate: write(`${name}.crt`, pair.certificate),
    key: write(`${name}.key`, pair.key),
  });
  const authority = await createAuthority("moorage-test-ca", now);
  const client = (user: string, group?: string): Promise<KeyPair> =>
    issueCertificate(authority, {
      subject: [...(group === undefined ? [] : [{ O: [group] }]), { CN: [user] }],
      usage: "client",
      days: 30,
      now,
    });
  const kubeconfig = async (name: string, user: string, group?: string): Promise<string> => {
    const pair = await client(user, group);
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "moorage-test",
      clusters: [
        {
          name: "moorage-test",
          cluster: { server, "certificate-authority-data": base64(authority.certificate) },
        },
      ],
      users: [
        {
          name,
          user: { "client-certificate-data": base64(pair.certificate), "client-key-data": base64(pair.key) },
        },
      ],
      contexts: [
        { name: "moorage-test", context: { cluster: "moorage-test", user: name, namespace: "default" } },
      ],
    };
    return write(`${name}.kubeconfig`, `${JSON.stringify(config, undefined, 2)}\n`);
  };
  const serving = await issueCertificate(authority, {
    subject: [{ CN: ["kube-apiserver"] }],
    usage: "server",
    names: [
      "127.0.0.1",
      "10.96.0.1",
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
    ],
    days: 30,
    now,
  });
  const nodeName = "sandbox";
  const node: NodeCredentials = {
    name: nodeName,
    kubeconfig: await kubeconfig("node", nodeUser),
    certificate: await issueCertificate(authority, {
      subject: [{ O: ["system:nodes"] }, { CN: [`system:node:${nodeName}`] }],
      usage: "server",
      names: ["127.0.0.1", nodeName],
      days: 30,
      now,
    }),
    clientAuthority: authority.certificate,
  };
  const accounts = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  return {
    ca: write("ca.crt", authority.certificate),
    caKey: write("ca.key", authority.key),
    serving: writePair("serving", serving),
    kubelet: writePair("kubelet-client", await client("kube-apiserver-kubelet-client", "system:masters")),
    node,
    serviceAccountPublicKey: write("accounts.pub", accounts.publicKey),
    serviceAccountKey: write("accounts.key", accounts.privateKey),
    controllerManagerKubeconfig: await kubeconfig("controller-manager", "system:kube-controller-manager"),
    schedulerKubeconfig: await kubeconfig("scheduler", "system:kube-scheduler"),
    adminKubeconfig: await kubeconfig("admin", "moorage:admin", "system:masters"),
  };
}
