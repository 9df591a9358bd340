import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../src/contract/index.ts";
import { ApiUnreachable, type KubeClient } from "../../src/kube/index.ts";

/** What a writer writes: `value` is never the same twice, `filler` follows from it. */
export interface Written extends KubeObject {
  data: Record<string, string>;
}

const kind = { apiVersion: "v1", kind: "ConfigMap" } as const;
const namespace = "default";
const label = "written-by";
export const shared = { ...kind, metadata: { name: "shared", namespace, labels: { [label]: "all" } } };

/** Long enough that half of one would show. */
const fillerOf = (value: string, size: number): string =>
  `${value} `.repeat(Math.ceil(size / (value.length + 1)));

/** A write that was sent and not yet answered: after a kill it may have happened, whole, or not at all. */
interface Sent {
  readonly name: string;
  /** Undefined when it is to be gone. */
  readonly value: string | undefined;
}

/**
 * One client that creates, replaces, patches, applies and deletes objects of its own, and knows of each what was acknowledged last; and one object
 * that it shares with the others, in which each has a field.
 */
export class Writer {
  readonly #name: string;
  readonly #random: () => number;
  readonly #acknowledged = new Map<string, Written>();
  #sent: Sent | undefined;
  #count = 0;
  /** Of the field in the shared object: acknowledged, and sent. */
  #shared = { acknowledged: 0, sent: 0 };
  /** The newest version that an answer told. */
  newest = 0;
  writes = 0;

  constructor(name: string, random: () => number) {
    this.#name = name;
    this.#random = random;
  }

  /** Writes until the connection breaks; what else goes wrong is an error. */
  async write(client: KubeClient, fillerSize: () => number): Promise<void> {
    try {
      for (;;) {
        await this.#step(client, fillerSize());
        this.writes += 1;
      }
    } catch (error) {
      if (!(error instanceof ApiUnreachable)) throw error;
    }
  }

  async #step(client: KubeClient, size: number): Promise<void> {
    if (this.#random() < 0.15) return this.#writeShared(client);
    const name = `${this.#name}-${Math.floor(this.#random() * 6)}`;
    const before = this.#acknowledged.get(name);
    const value = `${name}/${this.#count++}`;
    const data = { value, filler: fillerOf(value, size) };
    const object: Written = {
      ...kind,
      metadata: { name, namespace, labels: { [label]: this.#name } },
      data,
    };
    const way = this.#random();
    if (before !== undefined && way < 0.25) {
      this.#sent = { name, value: undefined };
      await client.delete({ ...kind, name, namespace });
      this.#acknowledged.delete(name);
    } else {
      this.#sent = { name, value };
      const applied = { fieldManager: this.#name, force: true };
      const answer =
        way < 0.5
          ? client.apply<Written>(object, applied)
          : before === undefined
            ? client.create(object)
            : way < 0.75
              ? client.replace<Written>({ ...before, data })
              : client.patch<Written>({ ...kind, name, namespace }, "merge", { data });
      this.#took(await answer);
    }
    this.#sent = undefined;
  }

  async #writeShared(client: KubeClient): Promise<void> {
    const { name } = shared.metadata;
    this.#shared.sent += 1;
    const patch = { data: { [this.#name]: String(this.#shared.sent) } };
    const answer = await client.patch({ ...kind, name, namespace }, "merge", patch);
    this.#shared.acknowledged = this.#shared.sent;
    this.newest = Math.max(this.newest, Number(answer.metadata.resourceVersion));
  }

  #took(answer: Written): void {
    this.#acknowledged.set(answer.metadata.name ?? "", answer);
    this.newest = Math.max(this.newest, Number(answer.metadata.resourceVersion));
  }

  /** What is wrong with what was found: nothing, if all that was acknowledged is there as it was, and nothing else. Goes on from there. */
  check(found: ReadonlyMap<string, Written>): string[] {
    const wrong: string[] = [];
    const sent = this.#sent;
    this.#sent = undefined;
    const own = [...found.values()].filter(({ metadata }) => metadata.labels?.[label] === this.#name);
    const names = new Set([...this.#acknowledged.keys(), ...own.map(({ metadata }) => metadata.name ?? "")]);
    for (const name of names) {
      const object = found.get(name);
      const acknowledged = this.#acknowledged.get(name);
      if (isDeepStrictEqual(object, acknowledged)) continue;
      // Not acknowledged: it has happened as a whole, or not.
      const happened =
        sent?.name === name &&
        (object === undefined ? sent.value === undefined : isWhole(object, sent.value));
      if (!happened)
        wrong.push(`${name}: ${summaryOf(acknowledged)} was acknowledged, ${summaryOf(object)} is there`);
      if (object === undefined) this.#acknowledged.delete(name);
      else this.#acknowledged.set(name, object);
    }
    const count = Number(found.get(shared.metadata.name)?.data?.[this.#name] ?? 0);
    if (count < this.#shared.acknowledged || count > this.#shared.sent)
      wrong.push(
        `${this.#name} in the shared object: ${count}, not ${this.#shared.acknowledged}..${this.#shared.sent}`,
      );
    this.#shared = { acknowledged: count, sent: count };
    return wrong;
  }
}

function isWhole({ data, metadata }: Written, value: string | undefined): boolean {
  const { filler = "", ...rest } = data;
  return (
    value !== undefined &&
    isDeepStrictEqual(rest, { value }) &&
    filler.length > 0 &&
    filler === fillerOf(value, filler.length) &&
    metadata.uid !== undefined
  );
}

const summaryOf = (object: Written | undefined): string =>
  object === undefined
    ? "nothing"
    : `${object.data["value"]} with ${object.data["filler"]?.length} characters, version ${object.metadata.resourceVersion}`;

/** Everything that any writer wrote, by name, and the version of the whole. */
export async function readAll(client: KubeClient): Promise<{ found: Map<string, Written>; version: number }> {
  const { items, metadata } = await client.list<Written>(kind, { namespace, labelSelector: label });
  return {
    found: new Map(items.map((item) => [item.metadata.name ?? "", { ...item, ...kind }])),
    version: Number(metadata.resourceVersion),
  };
}
