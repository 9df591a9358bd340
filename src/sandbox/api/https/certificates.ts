import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** PEM of a certificate and of its private key (PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

const serialNumber = (): string =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString("hex")
    .padStart(32, "01");

const keyPair = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

/** A certificate authority of its own, valid for ten years from `now`. */
export async function createAuthority(name: string, now: number): Promise<KeyPair> {
  const keys = await keyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now - day),
    notAfter: new Date(now + 3650 * day),
    signingAlgorithm: algorithm,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pem(keys.privateKey) };
}

interface LeafOptions {
  readonly subject: x509.JsonName;
  readonly usage: "server" | "client";
  readonly names?: readonly string[];
  readonly days: number;
  readonly now: number;
}

/** A certificate signed by `authority`, for the server's end of TLS or for a client's. */
export async function issueCertificate(authority: KeyPair, options: LeafOptions): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decode(authority.key)[0] as ArrayBuffer,
    algorithm,
    false,
    ["sign"],
  );
  const keys = await keyPair();
  const names = (options.names ?? []).map((value): x509.JsonGeneralName => ({
    type: /^[\d.]+$|:/.test(value) ? "ip" : "dns",
    value,
  }));
  const usage =
    options.usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    subject: options.subject,
    notBefore: new Date(options.now - day),
    notAfter: new Date(options.now + options.days * day),
    signingKey: signingKey,
    publicKey: keys.publicKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pem(keys.privateKey) };
}

/** Names and addresses under which the server is reached. */
const serverNames = [
  "localhost",
  "127.0.0.1",
  "::1",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
];

/** For the server's end of TLS. A year: it is made anew at each start. */
export const issueServerCertificate = (authority: KeyPair, now: number): Promise<KeyPair> =>
  issueCertificate(authority, {
    subject: [{ CN: ["moorage-sandbox"] }],
    usage: "server",
    names: serverNames,
    days: 365,
    now,
  });

/** For a client: its name and groups are the certificate's CN and O, as Kubernetes reads them. */
export const issueClientCertificate = (
  authority: KeyPair,
  user: { name: string; groups: readonly string[] },
  now: number,
): Promise<KeyPair> =>
  issueCertificate(authority, {
    subject: [...user.groups.map((group) => ({ O: [group] })), { CN: [user.name] }],
    usage: "client",
    days: 365,
    now,
  });
