import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemError } from "./systemError.ts";

describe("what the operating system refuses", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "moorage-system-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const thrownBy = (action: () => unknown): unknown => {
    try {
      action();
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it("names the file, what is wrong with it and what to do", () => {
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "below");
    const error = systemError(thrownBy(() => readFileSync(path)));
    expect(error).toMatchObject({ code: "StorageFailed", exitCode: 1, location: { file: path } });
    expect(error?.message).toBe(`${path} can't be opened: a part of the path is no folder.`);
    expect(error?.hint).toBeDefined();
  });

  it("is told of a full disk by SQLite too", () => {
    const full = Object.assign(new Error("database or disk is full"), {
      code: "ERR_SQLITE_ERROR",
      errcode: 13,
    });
    expect(systemError(full)?.message).toContain("the disk is full");
  });

  it("says of a program that could not be started, for want of files or processes", () => {
    const limit = Object.assign(new Error("spawn node EAGAIN"), {
      code: "EAGAIN",
      syscall: "spawn node",
      path: "node",
    });
    expect(systemError(limit)?.message).toBe(
      "node can't be started: this account may start no more processes.",
    );
  });

  it("is not what a bug throws", () => {
    expect(systemError(new TypeError("x is not a function"))).toBeUndefined();
    expect(systemError(Object.assign(new Error("a name"), { code: "ENOENT" }))).toBeUndefined();
  });
});
