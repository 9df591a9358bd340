import type { Random } from "../Clock.ts";

/** No vowels and nothing that looks like another: as Kubernetes generates names. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** `base` and five random characters; a base that is too long is cut to 58. */
export function generatedName(base: string, random: Random): string {
  let suffix = "";
  for (let i = 0; i < 5; i++) suffix += alphabet[Math.floor(random() * alphabet.length)];
  return base.slice(0, 58) + suffix;
}

/** A version 4 UUID. */
export function uidOf(random: Random): string {
  let hex = "";
  for (let i = 0; i < 4; i++)
    hex += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
