import type { KubeObject, Problem } from "../../contract/index.ts";
import { MoorageError } from "../../contract/index.ts";
import { isComponent, recordOf, type AnyComponent } from "../../platform/Component.ts";
import type {
  ComponentKind,
  PlacedComponent,
  RenderContext,
  ResolvedImage,
  ResolvedReference,
  SecretDeclaration,
} from "../../platform/ComponentKind.ts";
import { parseReferences } from "../../platform/reference.ts";
import { componentKinds } from "../kinds.ts";

/**
 * For the tests of this room: one environment's components, placed and resolved as `platform/` does it, without files and layering.
 * Objects, findings and secrets of all components together.
 */
export function evaluate(
  components: Record<string, AnyComponent>,
  options: Partial<Omit<RenderContext, "image">> & {
    images?: Record<string, ResolvedImage>;
    files?: Record<string, string | Uint8Array>;
  } = {},
): {
  objects: KubeObject[];
  problems: Problem[];
  secrets: SecretDeclaration[];
  find(kind: string, name?: string): KubeObject;
} {
  const placed = new Map<number, PlacedComponent>();
  const suffix = options.suffix ?? "";
  for (const [key, component] of Object.entries(components)) {
    const { id, kind, spec } = recordOf(component);
    placed.set(id, { key, kind, name: key + suffix, spec: kindOf(kind).schema().parse(spec), after: [] });
  }
  const byKey = (key: string): PlacedComponent => {
    const found = [...placed.values()].find((one) => one.key === key);
    if (!found) throw new Error(`there is no component ${key}`);
    return found;
  };
  const resolve = (text: string): (string | ResolvedReference)[] =>
    parseReferences(text).map((piece): string | ResolvedReference => {
      if (typeof piece === "string") return piece;
      if (piece.type === "secret")
        return { type: "secret", secret: context.secretName(piece.secret), key: piece.key };
      const component = piece.type === "key" ? byKey(piece.key) : placed.get(piece.id);
      if (!component) throw new Error("a component is referenced but not returned");
      return kindOf(component.kind).resolve(piece.output, component, context);
    });
  const context: RenderContext = {
    platform: "epidemiology",
    environment: "prod",
    suffix,
    namespace: "research",
    flavor: "kubernetes",
    sandbox: false,
    podSecurity: "restricted",
    metadata: (component, { part } = {}) => ({
      name: part === undefined ? component.name : `${component.name}-${part}`,
      namespace: context.namespace,
      labels: {
        ...context.selector(component),
        "app.kubernetes.io/part-of": context.platform,
        "app.kubernetes.io/managed-by": "moorage",
      },
    }),
    selector: (component) => ({
      "app.kubernetes.io/name": component.key,
      "app.kubernetes.io/instance": `${context.platform}-${context.environment}`,
    }),
    placed: (component) => {
      const found = isComponent(component) ? placed.get(recordOf(component).id) : byKey(String(component));
      if (!found) throw new Error("a component is used but not returned");
      return found;
    },
    resolve,
    text: (text) =>
      resolve(text)
        .map((piece) => {
          if (typeof piece === "string") return piece;
          if (piece.type === "text") return piece.value;
          throw new MoorageError(
            "PlatformInvalid",
            `the secret ${piece.secret}.${piece.key} can't stand here`,
          );
        })
        .join(""),
    image: (image) => {
      const name = typeof image === "string" ? image : image.image;
      return options.images?.[name] ?? { ref: name };
    },
    readFile: (path) => {
      const content = options.files?.[path];
      if (content === undefined)
        throw new MoorageError("StorageFailed", `${path} is not there`, { file: path });
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
    secretHash: () => undefined,
    secretName: (name) => name + suffix,
    ...options,
  };
  const all = [...placed.values()];
  const problems = all.flatMap((component) => kindOf(component.kind).check?.(component, context) ?? []);
  let objects: KubeObject[] | undefined;
  // Not before it is asked for: what `check` refuses need not render.
  const rendered = (): KubeObject[] =>
    (objects ??= all.flatMap((component) => kindOf(component.kind).render(component, context)));
  return {
    get objects() {
      return rendered();
    },
    problems,
    get secrets() {
      return all.flatMap((component) => kindOf(component.kind).secrets?.(component, context) ?? []);
    },
    find: (kind, name) => {
      const found = rendered().find(
        (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
      );
      if (!found)
        throw new Error(
          `no ${kind} ${name ?? ""} among ${rendered()
            .map((one) => `${one.kind} ${one.metadata.name}`)
            .join(", ")}`,
        );
      return found;
    },
  };
}

function kindOf(name: string): ComponentKind {
  const kind = componentKinds.find((one) => one.kind === name);
  if (!kind) throw new Error(`there is no kind ${name}`);
  return kind;
}
