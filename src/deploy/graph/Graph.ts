/** What has to be done after what. A node's `after` names nodes of the same graph. */
export type Graph = ReadonlyMap<string, GraphNode>;

export interface GraphNode {
  readonly key: string;
  readonly after: readonly string[];
}

/** Nodes in waves: each wave needs only those before it. Within a wave the order is alphabetical. */
export function wavesOf(graph: Graph): string[][] {
  const depths = new Map<string, number>();
  const depthOf = (key: string): number => {
    const known = depths.get(key);
    if (known !== undefined) return known;
    const after = graph.get(key)?.after ?? [];
    const depth = after.length === 0 ? 0 : Math.max(...after.map(depthOf)) + 1;
    depths.set(key, depth);
    return depth;
  };
  const waves: string[][] = [];
  for (const key of [...graph.keys()].toSorted()) (waves[depthOf(key)] ??= []).push(key);
  return waves;
}

/** The nodes of one cycle, each needing the next; undefined when there is none. */
export function findCycle(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (key: string): string[] | undefined => {
    if (done.has(key)) return undefined;
    const seen = path.indexOf(key);
    if (seen >= 0) return path.slice(seen);
    path.push(key);
    for (const next of graph.get(key)?.after ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(key);
    return undefined;
  };
  for (const key of graph.keys()) {
    const cycle = visit(key);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/**
 * Does the work of every node after that of all it needs, as much at once as the graph allows. `work` returns false when its node failed without stopping the rest: then
 * what needs it is left out, and reported to `skipped`. A rejection stops what has not begun.
 */
export async function runGraph(
  graph: Graph,
  work: (key: string) => Promise<boolean>,
  skipped: (key: string, because: string) => void = () => {},
): Promise<void> {
  const missing = new Map([...graph.values()].map((node) => [node.key, node.after.length]));
  const dependents = new Map<string, string[]>();
  for (const node of graph.values()) {
    for (const before of node.after) {
      const known = dependents.get(before);
      // Everything comes after the namespace: a new list for each would be thousands of long ones.
      if (known === undefined) dependents.set(before, [node.key]);
      else known.push(node.key);
    }
  }
  const failed = new Map<string, string>();
  let stopped = false;
  const finish = (key: string): Promise<unknown>[] => {
    const started: Promise<unknown>[] = [];
    for (const next of dependents.get(key) ?? []) {
      const cause = failed.get(key);
      if (cause !== undefined && !failed.has(next)) failed.set(next, cause);
      const left = (missing.get(next) ?? 0) - 1;
      missing.set(next, left);
      if (left === 0) started.push(start(next));
    }
    return started;
  };
  const start = async (key: string): Promise<void> => {
    if (stopped) return;
    const cause = failed.get(key);
    if (cause !== undefined) {
      skipped(key, cause);
    } else {
      try {
        if (!(await work(key))) failed.set(key, key);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
    await all(finish(key));
  };
  const first = [...graph.values()].filter((node) => node.after.length === 0);
  await all(first.map((node) => start(node.key)));
}

/** Waits for all, also when one rejects, so that nothing goes on behind the caller's back. */
async function all(promises: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const refusal = results.find((result) => result.status === "rejected");
  if (refusal !== undefined) throw refusal.reason;
}
