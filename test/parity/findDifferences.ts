/** Where two normalised answers are not the same. */
export interface Difference {
  /** `2.body.metadata.labels` */
  readonly path: string;
  /** Undefined: not there. */
  readonly real: unknown;
  readonly sandbox: unknown;
}

/** Every smallest part in which they differ. The order of a list counts, that of an object's fields doesn't. */
export function findDifferences(real: unknown, sandbox: unknown, path = ""): Difference[] {
  if (Object.is(real, sandbox)) return [];
  if (Array.isArray(real) && Array.isArray(sandbox)) {
    const length = Math.max(real.length, sandbox.length);
    return Array.from({ length }, (_, index) =>
      findDifferences(real[index], sandbox[index], join(path, index)),
    ).flat();
  }
  if (isObject(real) && isObject(sandbox)) {
    const names = new Set([...Object.keys(real), ...Object.keys(sandbox)]);
    return [...names].flatMap((name) => findDifferences(real[name], sandbox[name], join(path, name)));
  }
  return [{ path, real, sandbox }];
}

const join = (path: string, name: string | number): string => (path === "" ? `${name}` : `${path}.${name}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => {
  const text = value === undefined ? "(not there)" : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}...` : text;
};

/** For people: one difference on three lines. */
export const describeDifference = ({ path, real, sandbox }: Difference): string =>
  `${path}\n  real     ${shown(real)}\n  sandbox  ${shown(sandbox)}`;
