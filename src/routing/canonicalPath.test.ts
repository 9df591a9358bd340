import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalPath, hasPathPrefix } from "./canonicalPath.ts";

describe("a path", () => {
  test.each([
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/b/", "/a/b/"],
    ["//a///b", "/a/b"],
    ["/%61", "/a"],
    ["/a%20b", "/a%20b"],
    ["/%c3%a9", "/%C3%A9"],
    ["/\u00e9", "/%E9"],
    ["/100%25", "/100%25"],
    ["/a:b@c", "/a:b@c"],
    ["/...", "/..."],
  ])("%s is %s", (raw, canonical) => {
    expect(canonicalPath(raw)).toEqual({ ok: true, path: canonical });
  });

  test.each([
    ["", "slash"],
    ["a", "slash"],
    ["*", "slash"],
    ["http://x/", "slash"],
    ["/a/../b", "dot segment"],
    ["/..", "dot segment"],
    ["/./a", "dot segment"],
    ["/%2e%2e/a", "dot segment"],
    ["/%2E/a", "dot segment"],
    ["/a%2fb", "encoded slash"],
    ["/a%2Fb", "encoded slash"],
    ["/a\\b", "backslash"],
    ["/a%5cb", "backslash"],
    ["/a;x=1", "parameter"],
    ["/..;/admin", "parameter"],
    ["/a%3bx", "parameter"],
    ["/%252e%252e/", "twice"],
    ["/%25%32%65", "twice"],
    ["/%2", "percent-escape"],
    ["/%zz", "percent-escape"],
    ["/a%00", "control"],
    ["/a b", "space"],
    ["/a?b", "?"],
    ["/a#b", "#"],
  ])("%s is refused: %s", (raw, reason) => {
    expect(canonicalPath(raw)).toEqual({ ok: false, reason: expect.stringContaining(reason) as string });
  });

  const pieces = fc.constantFrom(
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    ";",
    "%3b",
    "%25",
    "%",
    "a",
    "b",
    "%61",
    "%20",
    "é",
    "2e",
    "admin",
  );
  const paths = fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join("")}`);

  test("is a fixed point once it is canonical", () => {
    fc.assert(
      fc.property(paths, (raw) => {
        const once = canonicalPath(raw);
        expect(once.ok ? canonicalPath(once.path) : once).toEqual(once);
      }),
    );
  });

  test("means the same to every decoder: no decoding, not even a second, finds another segment in it", () => {
    fc.assert(
      fc.property(paths, (raw) => {
        const canonical = canonicalPath(raw);
        if (!canonical.ok) return;
        let text = canonical.path;
        for (let round = 0; round < 3; round++) {
          expect(text.split(/[/\\]/)).toHaveLength(canonical.path.split("/").length);
          expect(text.split(/[/;]/)).not.toContain("..");
          expect(text).not.toContain(";");
          text = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          );
        }
      }),
    );
  });

  test("never leaves the folder that it names, as the URL parser of browsers sees it", () => {
    fc.assert(
      fc.property(paths, (raw) => {
        const canonical = canonicalPath(raw);
        const path = canonical.ok ? canonical.path : "/";
        expect(new URL(`http://host${path}`).pathname).toBe(path);
      }),
    );
  });
});

test("a prefix covers whole elements only", () => {
  expect(hasPathPrefix("/foo", "/foo")).toBe(true);
  expect(hasPathPrefix("/foo/", "/foo")).toBe(true);
  expect(hasPathPrefix("/foo/bar", "/foo/")).toBe(true);
  expect(hasPathPrefix("/foobar", "/foo")).toBe(false);
  expect(hasPathPrefix("/anything", "/")).toBe(true);
});
