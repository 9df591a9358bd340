/**
 * Topological order, stable: what doesn't depend on each other stays as it was written. The nodes of one cycle instead when there is one,
 * in order, its first again at its end: `["a", "b", "a"]`. Edges to what isn't a node are ignored.
 */
export function orderOf(
  after: ReadonlyMap<string, readonly string[]>,
): { order: string[] } | { cycle: string[] } {
  const state = new Map<string, "open" | "done">();
  const order: string[] = [];
  for (const root of after.keys()) {
    if (state.has(root)) continue;
    // An explicit stack: a chain of thousands must not overflow the call stack.
    const stack = [{ node: root, next: 0 }];
    state.set(root, "open");
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = after.get(top.node)?.[top.next++];
      if (edge === undefined) {
        state.set(top.node, "done");
        order.push(top.node);
        stack.pop();
      } else if (state.get(edge) === "open") {
        const path = stack.map((one) => one.node);
        return { cycle: [...path.slice(path.indexOf(edge)), edge] };
      } else if (after.has(edge) && !state.has(edge)) {
        state.set(edge, "open");
        stack.push({ node: edge, next: 0 });
      }
    }
  }
  return { order };
}
