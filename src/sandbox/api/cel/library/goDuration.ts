const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds of a duration as Go reads it: `1h30m`, `-1.5s`, `0`. */
export function goDuration(text: string): bigint | undefined {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0n;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0n;
  for (const [, whole = "0", part = "", unit = "s"] of rest.matchAll(
    /(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g,
  )) {
    const size = units[unit] ?? 0n;
    total += BigInt(whole) * size;
    if (part !== "") total += (BigInt(part) * size) / 10n ** BigInt(part.length);
  }
  return sign === "-" ? -total : total;
}
