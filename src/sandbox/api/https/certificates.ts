import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from "node:crypto";
// Of the libraries that write certificates as a whole, the smallest takes 40 ms and 8 MB of each start of a sandbox: this one writes their parts, node:crypto signs.
import {
  type AsnType,
  BitString,
  Boolean as Asn1Boolean,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as Asn1Set,
  UTCTime,
  Utf8String,
} from "asn1js";

/** PEM of a certificate and of its private key (PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says (RFC 5280), and who signs it. */
interface Content {
  readonly issuer: AsnType;
  readonly subject: AsnType;
  readonly from: number;
  readonly to: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly AsnType[];
}

const day = 24 * 60 * 60 * 1000;

const sequence = (...value: AsnType[]): Sequence => new Sequence({ value });
const identifier = (value: string): ObjectIdentifier => new ObjectIdentifier({ value });
const octets = (valueHex: Uint8Array): OctetString => new OctetString({ valueHex });
const tagClassOfContext = 3;
/** `[0] { … }` */
const tagged = (tagNumber: number, value: AsnType): Constructed =>
  new Constructed({ idBlock: { tagClass: tagClassOfContext, tagNumber }, value: [value] });
/** `[0] IMPLICIT`, of bytes. */
const taggedBytes = (tagNumber: number, valueHex: Uint8Array): Primitive =>
  new Primitive({ idBlock: { tagClass: tagClassOfContext, tagNumber }, valueHex });
/** Two digits of the year until 2049, four from then on. */
const moment = (milliseconds: number): AsnType => {
  const valueDate = new Date(milliseconds);
  return valueDate.getUTCFullYear() < 2050 ? new UTCTime({ valueDate }) : new GeneralizedTime({ valueDate });
};
const bytesOf = (value: AsnType): Buffer => Buffer.from(value.toBER());

const ecdsaWithSha256 = (): Sequence => sequence(identifier("1.2.840.10045.4.3.2"));

const keyPair = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });

const pemOfKey = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

/** By which the certificates that a key signed name it: the hash of its point on the curve. */
const keyIdentifier = (key: KeyObject): Buffer => createHash("sha1").update(spki(key).subarray(-65)).digest();

function signed(content: Content): string {
  const body = sequence(
    // Version 3.
    tagged(0, new Integer({ value: 2 })),
    new Integer({ valueHex: Buffer.concat([Uint8Array.of(1), randomBytes(15)]) }),
    ecdsaWithSha256(),
    content.issuer,
    sequence(moment(content.from), moment(content.to)),
    content.subject,
    fromBER(spki(content.publicKey)).result,
    tagged(3, sequence(...content.extensions)),
  );
  const signature = sign("sha256", bytesOf(body), content.signingKey);
  const whole = sequence(body, ecdsaWithSha256(), new BitString({ valueHex: signature }));
  return new X509Certificate(bytesOf(whole)).toString();
}

const extension = (name: string, value: AsnType): Sequence =>
  sequence(identifier(name), octets(bytesOf(value)));
const criticalExtension = (name: string, value: AsnType): Sequence =>
  sequence(identifier(name), new Asn1Boolean({ value: true }), octets(bytesOf(value)));

const basicConstraints = "2.5.29.19";
const keyUsage = "2.5.29.15";
const extendedKeyUsage = "2.5.29.37";
const subjectKeyIdentifier = "2.5.29.14";
const authorityKeyIdentifier = "2.5.29.35";
const subjectAlternativeName = "2.5.29.17";

/** Names and organisations, as Kubernetes reads them: users and groups. */
export type Subject = readonly { readonly CN?: readonly string[]; readonly O?: readonly string[] }[];

const nameOf = (subject: Subject): Sequence => {
  const part = (type: string, value: string): Asn1Set =>
    new Asn1Set({ value: [sequence(identifier(type), new Utf8String({ value }))] });
  return sequence(
    ...subject.flatMap(({ CN = [], O = [] }) => [
      ...CN.map((value) => part("2.5.4.3", value)),
      ...O.map((value) => part("2.5.4.10", value)),
    ]),
  );
};

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
      criticalExtension(basicConstraints, sequence(new Asn1Boolean({ value: true }))),
      // The first bit, signatures; the sixth, certificates; the seventh, lists of those that are revoked.
      criticalExtension(keyUsage, new BitString({ valueHex: Uint8Array.of(0b1000_0110), unusedBits: 1 })),
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
      criticalExtension(keyUsage, new BitString({ valueHex: Uint8Array.of(0b1000_0000), unusedBits: 7 })),
      extension(extendedKeyUsage, sequence(identifier(`1.3.6.1.5.5.7.3.${usage === "server" ? 1 : 2}`))),
      extension(authorityKeyIdentifier, sequence(taggedBytes(0, keyIdentifier(issuer.publicKey)))),
      ...(names.length === 0 ? [] : [extension(subjectAlternativeName, sequence(...names.map(generalName)))]),
    ],
  });
  return { certificate, key: pemOfKey(privateKey) };
}

/** As its certificate has it: so it must stand in what it issues. */
function subjectOf({ raw }: X509Certificate): AsnType {
  const [body] = (fromBER(raw).result as Sequence).valueBlock.value;
  // Version, number, algorithm, issuer, validity.
  const subject = (body as Sequence).valueBlock.value[5];
  if (subject === undefined) throw new Error("a certificate without a subject");
  return subject;
}

function generalName(name: string): Primitive {
  if (/^[\d.]+$/.test(name)) return taggedBytes(7, Uint8Array.from(name.split(".").map(Number)));
  return name.includes(":") ? taggedBytes(7, bytesOfIpv6(name)) : taggedBytes(2, Buffer.from(name, "latin1"));
}

function bytesOfIpv6(address: string): Uint8Array {
  const [left = [], right = []] = address.split("::").map((part) => part.split(":").filter((each) => each));
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
