import "reflect-metadata";
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { expect, test } from "vitest";
import {
  createAuthority,
  issueCertificate,
  issueClientCertificate,
  issueServerCertificate,
} from "./certificates.ts";

const now = Date.UTC(2026, 10, 21, 12);
const day = 24 * 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

/** What a library that we did not write reads, with what it would have written itself where that is fixed. */
function read(pem: string): object {
  const found = new x509.X509Certificate(pem);
  return {
    subject: found.subject,
    issuer: found.issuer,
    from: found.notBefore,
    to: found.notAfter,
    extensions: found.extensions.map(({ type, critical }) => `${type}${critical ? "!" : ""}`),
    constraints: found.getExtension(x509.BasicConstraintsExtension)?.ca,
    usages: found.getExtension(x509.KeyUsagesExtension)?.usages,
    extended: found.getExtension(x509.ExtendedKeyUsageExtension)?.usages,
    names: found.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON(),
  };
}

test("an authority and what it issues are read as they are meant, and verified by OpenSSL", async () => {
  const authority = await createAuthority("moorage-sandbox-ca", now);
  const server = await issueServerCertificate(authority, now);
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  expect(read(authority.certificate)).toEqual({
    subject: "CN=moorage-sandbox-ca",
    issuer: "CN=moorage-sandbox-ca",
    from: new Date(now - day),
    to: new Date(now + 3650 * day),
    extensions: ["2.5.29.19!", "2.5.29.15!", "2.5.29.14"],
    constraints: true,
    usages: keyCertSign | cRLSign | digitalSignature,
    extended: undefined,
    names: undefined,
  });
  expect(read(server.certificate)).toEqual({
    subject: "CN=moorage-sandbox",
    issuer: "CN=moorage-sandbox-ca",
    from: new Date(now - day),
    to: new Date(now + 365 * day),
    extensions: ["2.5.29.19!", "2.5.29.15!", "2.5.29.37", "2.5.29.35", "2.5.29.17"],
    constraints: false,
    usages: digitalSignature,
    extended: [x509.ExtendedKeyUsage.serverAuth],
    names: [
      { type: "dns", value: "localhost" },
      { type: "ip", value: "127.0.0.1" },
      { type: "ip", value: "::1" },
      { type: "dns", value: "kubernetes" },
      { type: "dns", value: "kubernetes.default" },
      { type: "dns", value: "kubernetes.default.svc" },
    ],
  });
  const [above, below] = [
    new X509Certificate(authority.certificate),
    new X509Certificate(server.certificate),
  ];
  expect(above.verify(above.publicKey)).toBe(true);
  expect(above.checkIssued(above)).toBe(true);
  expect(below.verify(above.publicKey)).toBe(true);
  expect(below.checkIssued(above)).toBe(true);
  expect(below.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(below.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
  expect(
    await new x509.X509Certificate(server.certificate).verify({
      date: new Date(now),
      publicKey: new x509.X509Certificate(authority.certificate).publicKey,
    }),
  ).toBe(true);
});

test("identifiers of keys, and names, are those that the library writes: authorities of earlier versions go on", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=moorage-sandbox-ca",
    notBefore: new Date(now - day),
    notAfter: new Date(now + day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  const issued = await issueServerCertificate({ certificate: made.toString("pem"), key }, now);
  const [above, below] = [new X509Certificate(made.toString("pem")), new X509Certificate(issued.certificate)];
  expect(below.checkIssued(above)).toBe(true);
  expect(below.verify(above.publicKey)).toBe(true);
  const ours = new x509.X509Certificate(issued.certificate);
  expect(Buffer.from(ours.issuerName.toArrayBuffer())).toEqual(Buffer.from(made.subjectName.toArrayBuffer()));
  expect(ours.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
    made.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  );
});

test("a client's groups and name are its subject, whatever letters they have", async () => {
  const authority = await createAuthority("ca", now);
  const { certificate } = await issueClientCertificate(
    authority,
    { name: "zoë", groups: ["system:masters", "läb"] },
    now,
  );
  expect(new X509Certificate(certificate).subject).toBe("O=system:masters\nO=läb\nCN=zoë");
  expect(read(certificate)).toMatchObject({ extended: [x509.ExtendedKeyUsage.clientAuth], names: undefined });
});

test("long names and late dates are written as they have to be", async () => {
  const authority = await createAuthority("ca", Date.UTC(2048, 0));
  const names = Array.from({ length: 40 }, (_, index) => `${"x".repeat(50)}-${index}.example.org`);
  names.push("2001:db8::8:800:200c:417a", "::", "1::");
  const { certificate } = await issueCertificate(authority, {
    subject: [{ CN: ["n".repeat(300)] }],
    usage: "server",
    names,
    days: 1000,
    now: Date.UTC(2048, 0),
  });
  const found = read(certificate) as { names: { value: string }[]; to: Date };
  expect(found.names.map(({ value }) => value).slice(0, 41)).toEqual(names.slice(0, 41));
  expect(new X509Certificate(certificate).subjectAltName).toContain(
    "IP Address:2001:DB8:0:0:8:800:200C:417A, IP Address:0:0:0:0:0:0:0:0, IP Address:1:0:0:0:0:0:0:0",
  );
  expect(found.to).toEqual(new Date(Date.UTC(2048, 0) + 1000 * day));
});
