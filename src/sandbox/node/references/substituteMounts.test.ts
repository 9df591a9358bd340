import { describe, expect, it } from "vitest";
import { substituteMounts } from "./substituteMounts.ts";

const mounts = [
  { mountPath: "/data", folder: "/s/v1" },
  { mountPath: "/data/cache/", folder: "/s/v2" },
  { mountPath: "/etc/app/config.yaml", folder: "/s/v3/config.yaml" },
];

describe("references to mount paths", () => {
  it.each([
    ["/data", "/s/v1"],
    ["/data/", "/s/v1/"],
    ["/data/x.db", "/s/v1/x.db"],
    ["/data/cache", "/s/v2"],
    ["/data/cache/y", "/s/v2/y"],
    ["/data/cached", "/s/v1/cached"],
    ["--dir=/data", "--dir=/s/v1"],
    ["file:///data/x", "file:///s/v1/x"],
    ["sqlite:////data/x.db", "sqlite:////s/v1/x.db"],
    ["/etc/app/config.yaml", "/s/v3/config.yaml"],
    ["/data:/etc/app/config.yaml", "/s/v1:/s/v3/config.yaml"],
    ['{"path":"/data/x"}', '{"path":"/s/v1/x"}'],
    ["sh -c 'cat /data/a /data/b'", "sh -c 'cat /s/v1/a /s/v1/b'"],
  ])("%s becomes %s", (text, expected) => expect(substituteMounts(text, mounts)).toBe(expected));

  it.each([
    "/database",
    "/srv/data",
    "http://host/data",
    "http://host:80/data",
    "./data",
    "//data/x",
    "sqlite:///data/x.db",
    "data",
    "/data.db",
    "/data-old",
  ])("%s stays as it is", (text) => expect(substituteMounts(text, mounts)).toBe(text));
});
