import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../contract/index.ts";
import { ObjectStore } from "./ObjectStore.ts";

const pod = (version: number, uid = "u", owner?: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "a",
    namespace: "n",
    uid,
    resourceVersion: String(version),
    ...(owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: owner, controller: true }] }),
  },
});

describe("a store", () => {
  test("never goes back to what is older than what was read or written", () => {
    const store = new ObjectStore();
    store.wrote(pod(9));
    store.saw(pod(7));
    expect(store.get("n/a")?.metadata.resourceVersion).toBe("9");
    store.saw(pod(10));
    store.wrote(pod(9));
    expect(store.get("n/a")?.metadata.resourceVersion).toBe("10");
  });

  test("does not bring back what is gone when the answer to a write comes late", () => {
    const store = new ObjectStore();
    store.saw(pod(5));
    store.gone(pod(5));
    store.wrote(pod(6));
    expect(store.get("n/a")).toBeUndefined();
  });

  test("takes a new object under an old name, and not the farewell of the old one", () => {
    const store = new ObjectStore();
    store.saw(pod(5, "old"));
    store.wrote(pod(8, "new"));
    store.gone(pod(7, "old"));
    expect(store.get("n/a")?.metadata.uid).toBe("new");
  });

  test("finds objects by their controller, and those that have none", () => {
    const store = new ObjectStore();
    store.saw(pod(1));
    expect([store.orphans("n").length, store.controlledBy("o").length, store.orphans("m").length]).toEqual([
      1, 0, 0,
    ]);
    store.saw(pod(2, "u", "o"));
    expect([store.orphans("n").length, store.controlledBy("o").length]).toEqual([0, 1]);
    store.gone(pod(2, "u", "o"));
    expect(store.controlledBy("o")).toEqual([]);
  });

  test("tells what was before and what is", () => {
    const store = new ObjectStore();
    const told: string[] = [];
    const version = (object?: KubeObject): string => object?.metadata.resourceVersion ?? "none";
    store.onChange((before, after) => told.push(`${version(before)} -> ${version(after)}`));
    store.saw(pod(1));
    store.saw(pod(1));
    store.wrote(pod(2));
    store.gone(pod(2));
    expect(told).toEqual(["none -> 1", "1 -> 2", "2 -> none"]);
  });
});
