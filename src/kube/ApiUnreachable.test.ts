import { describe, expect, it } from "vitest";
import { apiUnreachable } from "./ApiUnreachable.ts";

const failure = (code: string, message = code, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code });
const opensslSays = (reason: string): string =>
  `write EPROTO 80FB:error:0A00010B:SSL routines:tls_validate_record_header:${reason}:../ssl/record.c:77:\n`;
const noTls = failure("EPROTO", opensslSays("wrong version number"));

describe("A handshake that fails", () => {
  it.each<[string, unknown]>([
    ["as its code", failure("ERR_SSL_WRONG_VERSION_NUMBER")],
    ["as a write that TLS refuses", noTls],
    ["as a cause", failure("UND_ERR_SOCKET", "other side closed", noTls)],
    ["as one of several addresses", new AggregateError([noTls, new Error("another")])],
    [
      "as the cause of several",
      new TypeError("failed", { cause: new AggregateError([failure("X"), noTls]) }),
    ],
  ])("as the server speaks no TLS is told %s, and is the same the next time", (_what, error) => {
    const told = apiUnreachable(error, "https://a:6443");
    expect(told).toMatchObject({
      code: "ApiUnreachable",
      message: "The API server https://a:6443 can't be reached: it does not speak TLS there.",
      hint: "Is the address http:// instead, or a proxy's?",
      lasting: true,
      mayHaveBeenProcessed: false,
    });
  });

  it.each([
    [failure("EPROTO", "write EPROTO"), "it does not speak TLS there, or broke it off"],
    [failure("ERR_SSL_UNSUPPORTED_PROTOCOL"), "TLS with it failed (unsupported protocol)"],
    [failure("EPROTO", opensslSays("decryption failed")), "TLS with it failed (decryption failed)"],
  ])("in another way is told too, and may have been in the middle of a request: %#", (error, says) => {
    const told = apiUnreachable(error, "https://a:6443");
    expect(told).toMatchObject({ lasting: false, mayHaveBeenProcessed: true });
    expect(told.message).toContain(`The API server https://a:6443 can't be reached: ${says}`);
    expect(told.message).toContain("does not speak TLS");
  });

  it("as the client certificate is refused says that, also as a write", () => {
    const error = failure("EPROTO", opensslSays("tlsv13 alert certificate required"));
    expect(apiUnreachable(error, "https://a").message).toContain("did not accept the client certificate");
  });
});
