import { MoorageError, type Problem } from "../contract/index.ts";
import { evaluateEnvironment } from "./evaluateEnvironment.ts";
import type { LoadedPlatform } from "./LoadedPlatform.ts";
import { tryRender } from "./renderEnvironment.ts";

/**
 * What would fail, or lose data: in one environment, or in all of them and between them. Problems are data here; only an environment
 * that doesn't exist is thrown.
 */
export function checkEnvironment(
  loaded: LoadedPlatform,
  name?: string,
): { problems: readonly Problem[]; environments: readonly string[] } {
  const environments = name === undefined ? Object.keys(loaded.definition.environments) : [name];
  const problems = new Map<string, Problem>();
  const add = (problem: Problem): void => {
    // The same mistake shows in each environment; once is enough.
    const { severity, file, line, path, message } = problem;
    problems.set(JSON.stringify([severity, file, line, path, message]), problem);
  };
  const owners = new Map<string, string>();
  for (const environment of environments) {
    try {
      const evaluated = evaluateEnvironment(loaded, environment);
      const { rendering, problems: found } = tryRender(evaluated);
      for (const problem of found) add(problem);
      const server = typeof evaluated.target === "string" ? evaluated.target : evaluated.target.context;
      for (const { object, component } of rendering.objects) {
        if (object.kind === "Namespace") continue;
        const { namespace = "", name: objectName = "" } = object.metadata;
        const id = [server, object.kind, namespace, objectName].join("\n");
        const other = owners.get(id);
        owners.set(id, environment);
        if (other === undefined || other === environment) continue;
        const path = ["environments", environment];
        add({
          ...loaded.locate(path),
          path: path.join("."),
          message: `${object.kind} "${objectName}"${component === undefined ? "" : ` of the component "${component}"`} is also the environment ${other}'s: both are in the namespace ${namespace}`,
          hint: 'give one of them a suffix ("-dev") or another namespace',
        });
      }
    } catch (error) {
      if (!(error instanceof MoorageError) || error.code === "Usage") throw error;
      if (error.problems.length === 0) add({ ...error.location, message: error.message, hint: error.hint });
      for (const problem of error.problems) add(problem);
    }
  }
  return { problems: [...problems.values()], environments };
}
