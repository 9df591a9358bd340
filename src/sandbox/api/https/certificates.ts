import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
import {
  bits,
  identifier,
  integer,
  moment,
  octets,
  partsOf,
  sequence,
  setOf,
  tagged,
  text,
  yes,
  type Der,
} from "./der.ts";

/** PEM of a certificate and of its private key (PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says (RFC 5280), and who signs it. */
interface Content {
  readonly issuer: Der;
  readonly subject: Der;
  readonly from: number;
  readonly to: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Der[];
}

const day = 24 * 60 * 60 * 1000;
const ecdsaWithSha256 = sequence(identifier("1.2.840.10045.4.3.2"));

const keyPair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });

const pemOfKey = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

const spki = (key: KeyObject): Der => key.export({ type: "spki", format: "der" });

/** By which the certificates that a key signed name it: the hash of its point on the curve. */
const keyIdentifier = (key: KeyObject): Buffer => createHash("sha1").update(spki(key).subarray(-65)).digest();

function signed(content: Content): string {
  const body = sequence(
    // Version 3.
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(Buffer.concat([Uint8Array.of(1), randomBytes(15)])),
    ecdsaWithSha256,
    content.issuer,
    sequence(moment(content.from), moment(content.to)),
    content.subject,
    spki(content.publicKey),
    tagged(0xa3, sequence(...content.extensions)),
  );
  const whole = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, content.signingKey)));
  const lines = whole.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const extension = (name: string, value: Der): Der => sequence(identifier(name), octets(value));
const criticalExtension = (name: string, value: Der): Der => sequence(identifier(name), yes, octets(value));

const basicConstraints = "2.5.29.19";
const keyUsage = "2.5.29.15";
const extendedKeyUsage = "2.5.29.37";
const subjectKeyIdentifier = "2.5.29.14";
const authorityKeyIdentifier = "2.5.29.35";
const subjectAlternativeName = "2.5.29.17";

/** Names and organisations, as Kubernetes reads them: users and groups. */
export type Subject = readonly { readonly CN?: readonly string[]; readonly O?: readonly string[] }[];

const nameOf = (subject: Subject): Der =>
  sequence(
    ...subject.flatMap(({ CN = [], O = [] }) => [
      ...CN.map((value) => setOf(sequence(identifier("2.5.4.3"), text(value)))),
      ...O.map((value) => setOf(sequence(identifier("2.5.4.10"), text(value)))),
    ]),
  );

/** A certificate authority of its own, valid for ten years from `now`. */
export async function createAuthority(name: string, now: number): Promise<KeyPair> {
  const { publicKey, privateKey } = keyPair();
  const subject = nameOf([{ CN: [name] }]);
  const certificate = signed({
    issuer: subject,
    subject,
    from: now - day,
    to: now + 3650 * day,
    publicKey,
    signingKey: privateKey,
    extensions: [
      criticalExtension(basicConstraints, sequence(yes)),
      // The first bit, signatures; the sixth, certificates; the seventh, lists of those that are revoked.
      criticalExtension(keyUsage, bits(Uint8Array.of(0b1000_0110), 1)),
      extension(subjectKeyIdentifier, octets(keyIdentifier(publicKey))),
    ],
  });
  return { certificate, key: pemOfKey(privateKey) };
}

interface LeafOptions {
  readonly subject: Subject;
  readonly usage: "server" | "client";
  readonly names?: readonly string[];
  readonly days: number;
  readonly now: number;
}

/** A certificate signed by `authority`, for the server's end of TLS or for a client's. */
export async function issueCertificate(authority: KeyPair, options: LeafOptions): Promise<KeyPair> {
  const { subject, usage, names = [], days, now } = options;
  const issuer = new X509Certificate(authority.certificate);
  const { publicKey, privateKey } = keyPair();
  const certificate = signed({
    issuer: subjectOf(issuer),
    subject: nameOf(subject),
    from: now - day,
    to: now + days * day,
    publicKey,
    signingKey: createPrivateKey(authority.key),
    extensions: [
      criticalExtension(basicConstraints, sequence()),
      criticalExtension(keyUsage, bits(Uint8Array.of(0b1000_0000), 7)),
      extension(extendedKeyUsage, sequence(identifier(`1.3.6.1.5.5.7.3.${usage === "server" ? 1 : 2}`))),
      extension(authorityKeyIdentifier, sequence(tagged(0x80, keyIdentifier(issuer.publicKey)))),
      ...(names.length === 0 ? [] : [extension(subjectAlternativeName, sequence(...names.map(generalName)))]),
    ],
  });
  return { certificate, key: pemOfKey(privateKey) };
}

/** As its certificate has it, byte by byte: so it must stand in what it issues. */
function subjectOf({ raw }: X509Certificate): Der {
  const [body = raw] = partsOf(raw);
  // Version, number, algorithm, issuer, validity.
  return partsOf(body)[5] ?? body;
}

function generalName(name: string): Der {
  if (/^[\d.]+$/.test(name)) return tagged(0x87, Uint8Array.from(name.split(".").map(Number)));
  return name.includes(":") ? tagged(0x87, bytesOfIpv6(name)) : tagged(0x82, Buffer.from(name, "latin1"));
}

function bytesOfIpv6(address: string): Uint8Array {
  const [left = [], right = []] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
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
