import { printReference, type Reference } from "./reference.ts";

export const secretSymbol: unique symbol = Symbol.for("moorage.secret") as never;

/** A declared secret. `secret("db").PASSWORD` is a reference to one key; the handle itself stands for the whole Secret. */
export type SecretHandle<Key extends string = string> = { readonly [secretSymbol]: string } & {
  readonly [key in Key]: Reference;
};

/** A secret of the platform file, by name: `secret("db").PASSWORD`. `env.secrets.db.PASSWORD` is the same, with the keys known to the types. */
export function secret<Key extends string = string>(name: string): SecretHandle<Key> {
  return new Proxy({ [secretSymbol]: name } as SecretHandle<Key>, {
    get: (target, key) => {
      if (key === secretSymbol) return target[secretSymbol];
      if (typeof key === "symbol") return Reflect.get(target, key);
      return printReference({ type: "secret", secret: name, key });
    },
  });
}

export const isSecret = (value: unknown): value is SecretHandle =>
  typeof value === "object" && value !== null && secretSymbol in value;

/** The name in the platform file (not the object's: `RenderContext.secretName`). */
export const secretNameOf = (handle: SecretHandle): string => handle[secretSymbol];
