import type { RenderedComponent } from "../platform/Rendering.ts";
import type { ComponentResult, Wave } from "./DeployResult.ts";
import { wavesOf } from "./graph/Graph.ts";

/** How long each wave of a deploy took; of the components that were deployed. */
export function wavesOfDeploy(
  components: readonly RenderedComponent[],
  results: readonly ComponentResult[],
): Wave[] {
  const byName = new Map(results.map((result) => [result.component, result]));
  const known = new Set(components.map(({ key }) => key));
  const graph = new Map(
    components.map(({ key, after }) => [key, { key, after: after.filter((one) => known.has(one)) }]),
  );
  return wavesOf(graph).flatMap((names): Wave[] => {
    const members = names.flatMap((name) => byName.get(name) ?? []).filter(({ changed }) => changed > 0);
    if (members.length === 0) return [];
    const from = Math.min(...members.map(({ begunAfter }) => begunAfter));
    const to = Math.max(...members.map(({ begunAfter, milliseconds }) => begunAfter + milliseconds));
    return [{ components: members.map(({ component }) => component), milliseconds: to - from }];
  });
}
