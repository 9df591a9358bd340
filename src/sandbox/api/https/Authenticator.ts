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
 * Who sends a request: by client certificate of our authority, else by bearer token, else nobody (`anonymous`). Undefined when a
 * credential was given and is not valid.
 */
export async function authenticate(
  request: IncomingMessage,
  readers: readonly TokenReader[],
): Promise<User | undefined> {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    if (token !== undefined)
      for (const read of readers) {
        const user = await read(token);
        if (user !== undefined) return user;
      }
    return undefined;
  }
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) return anonymous;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined || typeof subject.CN !== "string") return anonymous;
  const groups = [subject.O ?? []].flat();
  return { name: subject.CN, groups: [...groups, "system:authenticated"] };
}
