/** What can't be read as a quantity; the text is the real server's. */
export const quantityProblem =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const form = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;
const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

interface Parts {
  /** In units of 10^-9. */
  readonly nanos: bigint;
  readonly format: "decimal" | "binary" | "exponent";
}

function parse(text: string): Parts | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign = "", digits = "", suffix = ""] = match;
  const [whole = "", fraction = ""] = digits.split(".");
  let numerator = BigInt(`${whole}${fraction}`);
  let exponent = 9 - fraction.length;
  let format: Parts["format"] = "decimal";
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) {
    numerator *= 1024n ** BigInt(binary);
    format = "binary";
  } else if (/^[eE]./.test(suffix)) {
    exponent += Number(suffix.slice(1));
    format = "exponent";
  } else {
    exponent += (decimalSuffixes.indexOf(suffix) - 3) * 3;
  }
  if (Math.abs(exponent) > 60) return undefined;
  let nanos: bigint;
  if (exponent >= 0) nanos = numerator * 10n ** BigInt(exponent);
  else {
    // Finer than nano is rounded up, away from zero.
    const unit = 10n ** BigInt(-exponent);
    nanos = (numerator + unit - 1n) / unit;
  }
  return { nanos: sign === "-" ? -nanos : nanos, format };
}

/** Is it a quantity, as `resources` and the like take it? */
export const isQuantity = (value: unknown): boolean =>
  (typeof value === "string" || typeof value === "number") && parse(String(value)) !== undefined;

/** In units of 10^-9, to compare; undefined for what is no quantity. */
export const nanosOf = (value: unknown): bigint | undefined =>
  typeof value === "string" || typeof value === "number" ? parse(String(value))?.nanos : undefined;

const canonical = new Map<string, string>();

/**
 * The form in which a server prints it: no fraction, the largest suffix that fits (`1000m` -> `1`, `0.5` -> `500m`, `1024Mi` -> `1Gi`); undefined for what is
 * no quantity. (apimachinery, resource.Quantity)
 */
export function canonicalQuantity(value: string | number): string | undefined {
  const text = String(value);
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const parts = parse(text.trim());
  if (parts === undefined) return undefined;
  const out = print(parts);
  if (canonical.size < 4096) canonical.set(text, out);
  return out;
}

function print({ nanos, format }: Parts): string {
  if (nanos === 0n) return "0";
  const one = 1_000_000_000n;
  const abs = nanos < 0n ? -nanos : nanos;
  if (format === "binary" && abs % one === 0n && abs / one >= 1024n) {
    let number = nanos / one;
    let i = 0;
    while (i < binarySuffixes.length - 1 && number % 1024n === 0n) {
      number /= 1024n;
      i++;
    }
    return `${number}${binarySuffixes[i]}`;
  }
  let number = nanos;
  let i = 0;
  while (i < decimalSuffixes.length - 1 && number % 1000n === 0n) {
    number /= 1000n;
    i++;
  }
  if (format !== "exponent") return `${number}${decimalSuffixes[i]}`;
  const exponent = (i - 3) * 3;
  return exponent === 0 ? `${number}` : `${number}e${exponent}`;
}

/** A sum, in the form of the first; of the second when the first is nothing. (resource.Quantity Add) */
export const addQuantities = (a: string, b: string): string => combined(a, b, 1n);

/** A difference, likewise. */
export const subtractQuantities = (a: string, b: string): string => combined(a, b, -1n);

const none: Parts = { nanos: 0n, format: "decimal" };

function combined(a: string, b: string, sign: bigint): string {
  const [one, other] = [parse(a) ?? none, parse(b) ?? none];
  return print({
    nanos: one.nanos + sign * other.nanos,
    format: one.nanos === 0n ? other.format : one.format,
  });
}

/** The next whole number. */
export function roundedUp(quantity: string): string {
  const { nanos, format } = parse(quantity) ?? none;
  const one = 1_000_000_000n;
  const rest = ((nanos % one) + one) % one;
  return print({ nanos: rest === 0n ? nanos : nanos - rest + one, format });
}
