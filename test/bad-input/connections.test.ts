import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createAuthority,
  issueClientCertificate,
  type KeyPair,
} from "../../src/sandbox/api/https/certificates.ts";
import { clusterAvailable } from "../cluster/startCluster.ts";
import { startRealTarget, startSandboxTarget, type ApiTarget } from "./ApiTarget.ts";
import { inShort, readAnswer } from "./readAnswer.ts";

/** What is sent to the port without TLS, and what comes back. */
const plain: readonly (readonly [what: string, sent: string, back: string])[] = [
  [
    "plain HTTP",
    "GET /version HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
  ],
  ["a greeting of TLS that is cut off", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""],
  ["a greeting of SSH", "SSH-2.0-x\r\n", ""],
  ["rubbish", "\x00\xff\x00\xff".repeat(100), ""],
  ["nothing", "", ""],
];

const secrets = "/api/v1/secrets";
/** What is asked for without the administrator's credentials, and the answer. */
const strangers: readonly (readonly [
  what: string,
  path: string,
  header: string,
  foreign: boolean,
  answer: string,
])[] = [
  ["nobody", secrets, "", false, "403 Forbidden"],
  ["nobody, whether it is well", "/readyz", "", false, "200 text/plain"],
  ["a token that is none", secrets, "Authorization: Bearer nonsense\r\n", false, "401 Unauthorized"],
  [
    "a token that is none, whether it is well",
    "/readyz",
    "Authorization: Bearer a\r\n",
    false,
    "401 Unauthorized",
  ],
  ["a token of three parts", secrets, "Authorization: Bearer e30.e30.AAAA\r\n", false, "401 Unauthorized"],
  [
    "a token of 100,000 characters",
    secrets,
    `Authorization: Bearer ${"x".repeat(100_000)}\r\n`,
    false,
    "401 Unauthorized",
  ],
  ["a name and a password", secrets, "Authorization: Basic YTpi\r\n", false, "403 Forbidden"],
  ["a certificate of another authority", secrets, "", true, "401 Unauthorized"],
  ["a certificate of another authority, whether it is well", "/readyz", "", true, "401 Unauthorized"],
];

const servers: Readonly<Record<string, () => Promise<ApiTarget>>> = {
  "the sandbox": startSandboxTarget,
  ...(clusterAvailable({ own: "an API server of ours, on this machine" })
    ? { "a real API server": startRealTarget }
    : {}),
};

describe.each(Object.entries(servers))("%s", (_name, start) => {
  let target: ApiTarget;
  let foreign: KeyPair;
  let other: KeyPair;
  beforeAll(async () => {
    other = await createAuthority("other", Date.now());
    foreign = await issueClientCertificate(other, { name: "eve", groups: ["system:masters"] }, Date.now());
    target = await start();
  });
  afterAll(async () => await target?.stop());

  it.each(plain)("answers what is no TLS: %s", async (_what, sent, back) => {
    const socket = connect(target.port, "127.0.0.1");
    let got = "";
    socket.on("error", () => {}).on("data", (part: Buffer) => (got += part.toString("latin1")));
    socket.end(Buffer.from(sent, "latin1"));
    await once(socket, "close");
    expect(got).toBe(back);
  });

  it.each(strangers)("answers %s", async (_what, path, header, isForeign, answer) => {
    const credentials = isForeign ? { cert: foreign.certificate, key: foreign.key } : {};
    const socket = await target.connect({ cert: undefined, key: undefined, ...credentials });
    const answered = readAnswer(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${header}\r\n`);
    expect(inShort(await answered)).toBe(answer);
    socket.destroy();
  });

  it("is not trusted by who trusts another authority", async () => {
    await expect(target.connect({ ca: other.certificate })).rejects.toThrow(/certificate/);
  });
});
