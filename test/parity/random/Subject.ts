import * as fc from "fast-check";

export type Json = Record<string, unknown>;

/** What is written of one kind in random sequences. */
export interface Subject {
  /** Of its collection in the case's namespace, or below it. */
  readonly path: (...rest: string[]) => string;
  readonly base: Json;
  /** An object's fields besides its name. */
  readonly fields: fc.Arbitrary<Json>;
  /** What fits its schema and has the label `k: x`: made last, for watches to end with. */
  readonly last: Json;
  /** Where JSON patches go. */
  readonly pointers: readonly string[];
  /** Strategic merge patches with directives; undefined where such patches are refused. */
  readonly directives?: fc.Arbitrary<Json>;
  /** What is written through its status; undefined where it has none. */
  readonly status?: fc.Arbitrary<Json>;
  readonly scale?: boolean;
  /** Fields of patches to be null, by path. */
  readonly removable: readonly string[];
}

export const compact = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
export const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
/** Some of these fields. */
export const some = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc
    .record(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, maybe(value)])))
    .map(compact);
export const text = fc.constantFrom("x", "y", "z");
export const texts: fc.Arbitrary<Json> = fc.dictionary(fc.constantFrom("k", "l", "m.n/o"), text, {
  maxKeys: 3,
  noNullPrototype: true,
});
export const unique = <T extends Json>(item: fc.Arbitrary<T>, key: string): fc.Arbitrary<T[]> =>
  fc.uniqueArray(item, { selector: (one) => one[key], maxLength: 3 });

export const metadata = some({
  labels: texts,
  annotations: texts,
  finalizers: fc.uniqueArray(fc.constantFrom("m.n/o", "p.q/r"), { maxLength: 2 }),
});
