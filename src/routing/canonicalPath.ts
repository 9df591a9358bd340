/** A path in the one form that is matched, authorised and forwarded; or why there is none. */
export type CanonicalPath = { ok: true; path: string } | { ok: false; reason: string };

const refuse = (reason: string): CanonicalPath => ({ ok: false, reason });

const unreserved = /[A-Za-z0-9\-._~]/;

/**
 * Brings the path of a request (without its query) into canonical form (RFC 3986, 6.2.2), or refuses it:
 *
 * - percent-encoded unreserved characters are decoded, other escapes get upper-case digits, raw bytes above ASCII are encoded;
 * - repeated slashes become one, as nginx and Envoy do by default: clients that join `base + "/" + path` are common;
 * - dot segments, `%2F`, backslashes (raw or encoded), `;` parameters, encoded control characters, double encoding and broken escapes are refused:
 *   servers disagree on what they mean, so a rule for `/admin` could be passed by `/admin;x` or `/x/%2e%2e/admin`.
 *
 * Canonical forms are fixed points: `canonicalPath(p).path === p`.
 */
export function canonicalPath(raw: string): CanonicalPath {
  if (!raw.startsWith("/")) return refuse("the path must start with a slash");
  let decoded = "";
  for (let index = 0; index < raw.length; index++) {
    const character = raw.charAt(index);
    const code = raw.charCodeAt(index);
    if (character === "%") {
      const digits = raw.slice(index + 1, index + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return refuse("the path has a broken percent-escape");
      const value = Number.parseInt(digits, 16);
      const plain = String.fromCharCode(value);
      if (value < 0x20 || value === 0x7f) return refuse("the path has an encoded control character");
      if (plain === "/") return refuse("the path has an encoded slash");
      if (plain === "\\") return refuse("the path has an encoded backslash");
      if (plain === ";") return refuse("the path has a parameter (;)");
      decoded += unreserved.test(plain) ? plain : `%${digits.toUpperCase()}`;
      index += 2;
    } else if (code <= 0x20 || code === 0x7f) return refuse("the path has a space or control character");
    else if (character === "\\") return refuse("the path has a backslash");
    else if (character === ";") return refuse("the path has a parameter (;)");
    else if (character === "?" || character === "#") return refuse("the path has a ? or #");
    else if (code > 0xff) return refuse("the path has a character beyond one byte");
    // node:http gives the bytes of a request line as Latin-1.
    else if (code > 0x7f) decoded += `%${code.toString(16).toUpperCase()}`;
    else decoded += character;
  }
  // Checked on the result: `%25%34%31` decodes to `%2541`.
  if (/%25[0-9A-Fa-f]{2}/.test(decoded)) return refuse("the path is encoded twice");
  const path = decoded.replace(/\/{2,}/g, "/");
  if (path.split("/").some((segment) => segment === "." || segment === ".."))
    return refuse("the path has a dot segment");
  return { ok: true, path };
}

/** Whether `path` is `prefix` or lies below it, element by element: `/foo` covers `/foo/bar`, not `/foobar`. */
export function hasPathPrefix(path: string, prefix: string): boolean {
  const trimmed = withoutTrailingSlash(prefix);
  return path === trimmed || path.startsWith(`${trimmed}/`);
}

/** `/foo/` -> `/foo`; `/` -> the empty string. */
export const withoutTrailingSlash = (path: string): string => path.replace(/\/+$/, "");
