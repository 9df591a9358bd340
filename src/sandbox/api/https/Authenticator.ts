import { timingSafeEqual, createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { anonymous, type User } from "../ApiRequest.ts";

/** Says who a bearer token stands for; undefined when it is not valid. */
export type TokenReader = (token: string) => User | undefined | Promise<User | undefined>;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** One token, one user; compared in constant time. */
export function tokenReader(token: string, user: User): TokenReader {
  const expected = digest(token);
  return (given) => (timingSafeEqual(expected, digest(given)) ? user : undefined);
}

/**
 * Who sends a request: by client certificate of our authority, else by bearer token, else nobody (`anonymous`). Undefined when a certificate or a
 * token was given, and none is valid. Other kinds of credentials are not looked at.
 */
export async function authenticate(
  request: IncomingMessage,
  readers: readonly TokenReader[],
): Promise<User | undefined> {
  const socket = request.socket as TLSSocket;
  const { subject } = socket.authorized ? socket.getPeerCertificate() : {};
  if (typeof subject?.CN === "string") {
    const groups = [subject.O ?? []].flat();
    return { name: subject.CN, groups: [...groups, "system:authenticated"] };
  }
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined)
    for (const read of readers) {
      const user = await read(token);
      if (user !== undefined) return user;
    }
  const foreign = !socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0;
  return token !== undefined || foreign ? undefined : anonymous;
}
