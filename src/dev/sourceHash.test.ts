import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SourceHasher } from "./sourceHash.ts";

describe("the hash of a program's folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "moorage-source-"));
    writeFileSync(join(folder, "server.js"), "one");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("changes with a file's text, and comes back with it", () => {
    const hasher = new SourceHasher();
    const before = hasher.hash(folder);
    writeFileSync(join(folder, "server.js"), "other");
    expect(hasher.hash(folder)).not.toBe(before);
    writeFileSync(join(folder, "server.js"), "one");
    expect(hasher.hash(folder)).toBe(before);
  });

  it("does not change with what no program is made of, or what .gitignore leaves out", () => {
    writeFileSync(join(folder, ".gitignore"), "*.sqlite\n");
    const before = new SourceHasher().hash(folder);
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "node_modules", "a.js"), "");
    writeFileSync(join(folder, "cases.sqlite"), "data");
    expect(new SourceHasher().hash(folder)).toBe(before);
  });

  it("changes when a file is renamed", () => {
    const before = new SourceHasher().hash(folder);
    rmSync(join(folder, "server.js"));
    writeFileSync(join(folder, "main.js"), "one");
    expect(new SourceHasher().hash(folder)).not.toBe(before);
  });

  it("of a folder that is not there is that of nothing", () => {
    expect(new SourceHasher().hash(join(folder, "missing"))).toBe(
      new SourceHasher().hash(join(folder, "also-missing")),
    );
  });
});
