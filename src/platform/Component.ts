import type { z } from "zod";
import { MoorageError } from "../contract/index.ts";
import type { ComponentKind, PlacedComponent, RenderContext, ResolvedReference } from "./ComponentKind.ts";
import { didYouMean } from "./suggest.ts";
import { printReference, type Reference } from "./reference.ts";

/** `Symbol.for`: the platform file may import another copy of this module than the running command. */
export const componentSymbol: unique symbol = Symbol.for("moorage.component") as never;

/** What every component is, whatever its outputs: it can stand in `after`, in `volumes`, in the result of `components`. */
export interface AnyComponent<Kind extends string = string> {
  readonly [componentSymbol]: ComponentRecord<Kind>;
}

/** A component and its outputs, each a reference: `Component<"redis", "url" | "host">` has `.url` and `.host`. */
export type Component<Kind extends string = string, Output extends string = never> = AnyComponent<Kind> & {
  readonly [name in Output]: Reference;
};

export interface ComponentRecord<Kind extends string = string> {
  /** Unique in this process. */
  readonly id: number;
  readonly kind: Kind;
  /** As the user wrote it; checked when an environment is evaluated. */
  readonly spec: unknown;
  /** Holds the stack of its creation. Formatting it costs far more than taking it, so that only messages do. */
  readonly created: { readonly stack?: string };
}

/** A kind with the types of its schema and outputs kept, so that `defineComponent` can make a typed builder of it. */
export interface TypedKind<
  Kind extends string,
  Schema extends z.ZodType,
  Output extends string,
> extends ComponentKind<z.output<Schema>> {
  readonly kind: Kind;
  readonly schema: () => Schema & z.ZodType<z.output<Schema>>;
  readonly outputs: readonly Output[];
}

/** Declares a kind; nothing but inference. `resolve` gets only names that are in `outputs`. */
export function defineKind<
  const Kind extends string,
  Schema extends z.ZodType,
  const Output extends string = never,
>(
  kind: Omit<ComponentKind<z.output<Schema>>, "kind" | "schema" | "outputs" | "resolve"> & {
    readonly kind: Kind;
    readonly schema: () => Schema;
    readonly outputs: readonly Output[];
    resolve(
      output: Output,
      component: PlacedComponent<z.output<Schema>>,
      context: RenderContext,
    ): ResolvedReference;
  },
): TypedKind<Kind, Schema, Output> {
  // `outputs` is checked against before `resolve` is called (`createContext.ts`): the narrower parameter is safe.
  return kind as unknown as TypedKind<Kind, Schema, Output>;
}

/** `redis(spec)`; the spec may be left out when nothing in it is required. */
export type ComponentBuilder<Kind extends string, Schema extends z.ZodType, Output extends string> =
  Partial<z.input<Schema>> extends z.input<Schema>
    ? (spec?: z.input<Schema>) => Component<Kind, Output>
    : (spec: z.input<Schema>) => Component<Kind, Output>;

/** Makes the builder of a kind: `export const redis = defineComponent(redisKind)`. */
export function defineComponent<Kind extends string, Schema extends z.ZodType, Output extends string>(
  kind: TypedKind<Kind, Schema, Output>,
): ComponentBuilder<Kind, Schema, Output> {
  const build = (spec: unknown = {}): Component<Kind, Output> => {
    const created: { stack?: string } = {};
    Error.captureStackTrace(created, build);
    const id = registry().next++;
    const component = new Handle({ id, kind: kind.kind, spec, created });
    for (const output of kind.outputs) {
      Object.defineProperty(component, output, {
        enumerable: true,
        value: printReference({ type: "component", id, output }),
      });
    }
    registry().created?.set(id, component);
    return component as unknown as Component<Kind, Output>;
  };
  return build;
}

/** The class is for `${broker}` in a template string, which would else read `[object Object]`. */
class Handle implements AnyComponent {
  readonly [componentSymbol]: ComponentRecord;
  constructor(record: ComponentRecord) {
    this[componentSymbol] = record;
  }
  [Symbol.toPrimitive](): never {
    const outputs = Object.keys(this);
    throw new MoorageError(
      "PlatformInvalid",
      `a ${this[componentSymbol].kind} component stands where text is expected`,
      {
        exitCode: 2,
        hint:
          outputs.length > 0
            ? `use one of its outputs: ${outputs.map((name) => `.${name}`).join(", ")}`
            : "it has no outputs",
      },
    );
  }
}

/** What the language itself, or a print of the value, asks any object for. */
const asked: ReadonlySet<string> = new Set(["then", "toJSON", "inspect"]);

/**
 * While the platform file runs, an output that a component does not have is an error there and then: types tell it in an editor, but the
 * file is run without being checked, and `${broker.ulr}` would become the text "undefined".
 */
Object.setPrototypeOf(
  Handle.prototype,
  new Proxy(Object.prototype, {
    get(target, name, receiver) {
      if (typeof name === "symbol" || name in target || asked.has(name) || registry().created === undefined)
        return Reflect.get(target, name, receiver) as unknown;
      const component = receiver as AnyComponent;
      const outputs = Object.keys(component);
      throw new MoorageError(
        "PlatformInvalid",
        `a ${component[componentSymbol].kind} component has no output "${name}"`,
        {
          exitCode: 2,
          hint:
            didYouMean(name, outputs) ??
            (outputs.length > 0 ? `it has: ${outputs.join(", ")}` : "it has no outputs"),
        },
      );
    },
  }),
);

export const isComponent = (value: unknown): value is AnyComponent =>
  typeof value === "object" && value !== null && componentSymbol in value;

/** Id, kind, spec and place of creation of a component. */
export const recordOf = (component: AnyComponent): ComponentRecord => component[componentSymbol];

interface Registry {
  next: number;
  /** Components made while a platform is loaded or evaluated; a reference to one that wasn't returned finds its line here. */
  created?: Map<number, AnyComponent>;
}

const registryKey = Symbol.for("moorage.registry");

/** One per process, shared by all copies of this module. */
export function registry(): Registry {
  const holder = globalThis as { [registryKey]?: Registry };
  return (holder[registryKey] ??= { next: 1 });
}
