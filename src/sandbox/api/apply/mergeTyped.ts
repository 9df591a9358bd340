import {
  type JsonObject,
  type SchemaNode,
  fieldNode,
  isAtomicAt,
  isObject,
  itemNode,
  treatedAs,
} from "../schema/SchemaNode.ts";
import { ListElementError, listElement } from "./listElement.ts";

/**
 * A configuration laid over an object: maps merge, leaves are replaced, associative lists merge by key with the configuration's order among the
 * items that both have. The inputs are left alone; the result shares their parts. (structured-merge-diff, typed.Merge)
 */
export function mergeTyped(live: unknown, config: unknown, node: SchemaNode): unknown {
  if (config === undefined || live === config) return live;
  if (live === undefined) return config;
  if (live === null) return config;
  if (config === null) {
    const as = treatedAs(node, live);
    return as === "scalar" || isAtomicAt(node, as) || isBlank(live) ? null : live;
  }
  const as = treatedAs(node, config);
  if (as === "scalar" || as !== treatedAs(node, live) || isAtomicAt(node, as)) return config;
  return as === "map" ? mergeMaps(live, config, node) : mergeLists(live, config, node);
}

const isBlank = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;

function mergeMaps(live: unknown, config: unknown, node: SchemaNode): unknown {
  if (!isObject(live) || !isObject(config)) return config;
  // The very same when nothing changes.
  let out: JsonObject | undefined;
  for (const name in config) {
    const value = mergeTyped(live[name], config[name], fieldNode(node, name));
    if (value !== undefined && value !== live[name]) (out ??= { ...live })[name] = value;
  }
  return out ?? live;
}

function mergeLists(live: unknown, config: unknown, node: SchemaNode): unknown {
  if (!Array.isArray(live) || !Array.isArray(config) || live.length === 0) return config;
  if (config.length === 0) return live;
  const child = itemNode(node);
  const wanted = new Map<string, unknown>();
  for (const item of config) {
    const element = listElement(node, item);
    if (wanted.has(element)) throw new ListElementError(`duplicate entries for key ${element}`);
    wanted.set(element, item);
  }
  const there = new Map<string, unknown>();
  const order: string[] = [];
  for (const item of live) {
    const element = listElement(node, item);
    order.push(element);
    // Of duplicates in the object none is merged with the configuration's: the latter stands for all.
    there.set(element, there.has(element) ? undefined : item);
  }
  const wantedOrder = [...wanted.keys()];
  const shared = wantedOrder.filter((element) => there.has(element));

  const out: unknown[] = [];
  const merged = new Set<string>();
  let nextShared = 0;
  const take = (element: string): void => {
    merged.add(element);
    out.push(mergeTyped(there.get(element), wanted.get(element), child));
  };
  for (let l = 0, r = 0; l < order.length || r < wantedOrder.length;) {
    const mine = order[l];
    const theirs = wantedOrder[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        take(mine);
        l++;
        r++;
        nextShared++;
        continue;
      }
      if (wanted.has(mine) && nextShared < shared.length && shared[nextShared] !== mine) {
        // Shared, but not the one that is next in the configuration's order.
        l++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!wanted.has(mine)) {
        out.push(live[l]);
        l++;
        continue;
      }
      if (merged.has(mine)) l++;
    }
    if (theirs !== undefined) {
      take(theirs);
      r++;
      if (shared[nextShared] === theirs) nextShared++;
    }
  }
  return out;
}
