import { resolve as resolvePath } from "node:path";
import { instanceOf, labels, MoorageError } from "../contract/index.ts";
import { isComponent, recordOf } from "./Component.ts";
import type {
  ImageHandle,
  PlacedComponent,
  RenderContext,
  ResolvedImage,
  ResolvedReference,
} from "./ComponentKind.ts";
import type { EvaluatedEnvironment } from "./evaluateEnvironment.ts";
import { parseReferences, type ReferenceSource } from "./reference.ts";

export interface ContextOptions {
  readonly secretHash: RenderContext["secretHash"];
  /** Hash of a program's folder, for the sandbox. */
  readonly sourceOf?: (folder: string) => string | undefined;
}

/** What kinds are given to render an environment. */
export function createContext(
  evaluated: EvaluatedEnvironment,
  { secretHash, sourceOf }: ContextOptions,
): RenderContext {
  const { loaded, settings, suffix } = evaluated;
  const byKey = new Map(evaluated.components.map((component) => [component.key, component]));
  const kinds = new Map(loaded.kinds.map((kind) => [kind.kind, kind]));
  const invalid = (message: string, hint?: string): MoorageError =>
    new MoorageError("PlatformInvalid", message, { exitCode: 2, hint });

  const find = (key: string): PlacedComponent => {
    const found = byKey.get(key);
    if (found === undefined) throw invalid(`there is no component "${key}"`);
    return found;
  };
  const findId = (id: number): PlacedComponent => {
    const found = evaluated.byId.get(id);
    if (found === undefined) throw invalid("a component that is used is not returned");
    return found;
  };
  const resolveSource = (source: ReferenceSource): ResolvedReference => {
    if (source.type === "secret")
      return { type: "secret", secret: context.secretName(source.secret), key: source.key };
    const component = source.type === "component" ? findId(source.id) : find(source.key);
    const kind = kinds.get(component.kind);
    if (kind === undefined || !kind.outputs.includes(source.output)) {
      throw invalid(`"${component.key}" has no output "${source.output}"`);
    }
    return kind.resolve(source.output, component, context);
  };

  const context: RenderContext = {
    platform: evaluated.platform,
    environment: evaluated.name,
    suffix,
    namespace: evaluated.namespace,
    flavor: evaluated.flavor,
    sandbox: evaluated.target === "sandbox",
    podSecurity: evaluated.podSecurity,
    metadata: (component, { part } = {}) => ({
      name: part === undefined ? component.name : `${component.name}-${part}`,
      namespace: evaluated.namespace,
      labels: {
        ...context.selector(component),
        [labels.partOf]: evaluated.platform,
        [labels.managedBy]: "moorage",
      },
    }),
    selector: (component) => ({
      [labels.name]: component.key,
      [labels.instance]: instanceOf(evaluated.platform, evaluated.name),
    }),
    placed: (component) => {
      if (isComponent(component)) return findId(recordOf(component).id);
      const pieces = parseReferences(String(component));
      const [only] = pieces;
      if (pieces.length !== 1 || only === undefined || typeof only === "string")
        return find(String(component));
      if (only.type === "secret") throw invalid("a secret stands where a component is expected");
      return only.type === "component" ? findId(only.id) : find(only.key);
    },
    resolve: (text) =>
      parseReferences(text).map((piece) => (typeof piece === "string" ? piece : resolveSource(piece))),
    text: (text) =>
      context
        .resolve(text)
        .map((piece) => {
          if (typeof piece === "string") return piece;
          if (piece.type === "text") return piece.value;
          throw invalid(
            `the secret value ${piece.secret}.${piece.key} can't stand here`,
            "secrets can stand in environment variables and files; this place would show it",
          );
        })
        .join(""),
    image: (image) => resolveImage(image),
    readFile: (path) => loaded.readFile(path),
    secretHash,
    secretName: (name) => {
      const declared = Object.hasOwn(settings.secrets, name) ? settings.secrets[name] : undefined;
      if (declared === undefined) throw invalid(`there is no secret "${name}"`);
      return "from" in declared && declared.from === "existing"
        ? (declared.name ?? name + suffix)
        : name + suffix;
    },
  };

  const resolveImage = (image: ImageHandle | string): ResolvedImage => {
    const name = typeof image === "string" ? image : image.image;
    const declared = Object.hasOwn(settings.images, name) ? settings.images[name] : undefined;
    if (declared === undefined) {
      if (typeof image !== "string") throw invalid(`there is no image "${name}"`);
      return { ref: context.text(image) };
    }
    const locked = evaluated.images[name];
    const tag = locked?.version ?? declared.track ?? declared.tag;
    const digest = locked === undefined ? declared.digest : locked.digest;
    const { dev } = declared;
    const cwd = dev && resolvePath(loaded.folder, dev.cwd);
    return {
      ref: `${declared.ref}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`,
      version: tag,
      pullPolicy: declared.pullPolicy,
      dev: dev && {
        ...dev,
        cwd,
        ...(context.sandbox && cwd !== undefined && sourceOf !== undefined && { source: sourceOf(cwd) }),
        run: typeof dev.run === "string" ? ["/bin/sh", "-c", dev.run] : dev.run,
      },
    };
  };
  return context;
}
