import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { componentRef, overrideField, referenceString } from "../platform/fields.ts";

/** @module Small field types that several kinds use. */

/** Text in which references may stand. */
export const text = referenceString;

/** Fields that every kind has. `platform/` carries them out. */
export const everyKind = lazily(() => ({
  after: z
    .array(componentRef())
    .optional()
    .meta({ description: "Components that must be ready before this one." }),
  override: overrideField().optional(),
}));

/** Seconds, or `"30s"`, `"5m"`, `"2h"`, `"1d"`. */
export const duration = () =>
  z
    .union([z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?(s|m|h|d)$/u)], {
      error: 'expected a duration: a number of seconds, or "30s", "5m", "2h"',
    })
    .meta({ description: 'A number of seconds, or "30s", "5m", "2h".' });

export type Duration = z.output<ReturnType<typeof duration>>;

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whole seconds, rounded up: a wait is never shorter than asked for. */
export function secondsOf(value: Duration): number {
  if (typeof value === "number") return Math.ceil(value);
  return Math.ceil(Number.parseFloat(value) * (unitSeconds[value.slice(-1)] ?? 1));
}

/** A Kubernetes quantity: `"100m"`, `"2"`, `"256Mi"`, `1.5`. */
export const quantity = () =>
  z
    .union(
      [
        z.number().nonnegative(),
        z.string().regex(/^\d+(\.\d+)?([eE]\d+|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/u),
      ],
      {
        error: 'expected a quantity: "100m", "2", "256Mi"',
      },
    )
    .meta({ description: 'A quantity: "100m", "2", "256Mi".' });

/** The name of a port: at most 15 lower-case letters, digits and dashes, one letter at least (IANA service name, RFC 6335). */
export const portName = () =>
  z.string().regex(/^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/u, {
    error:
      "expected a port's name: at most 15 lower-case letters, digits and single dashes, with a letter in it",
  });

export const portNumber = () => {
  const error = "expected a port's number, from 1 to 65535";
  return z.int({ error }).min(1, { error }).max(65_535, { error });
};

/** The name of a container, a volume: a DNS label (RFC 1123). */
export const dnsLabel = () =>
  z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u, {
    error: "expected at most 63 lower-case letters, digits and dashes",
  });

/** An absolute path in a container. */
export const mountPath = () =>
  z
    .string()
    .regex(/^\/[^:]*$/u, { error: 'expected an absolute path without ":" in it, as in "/var/lib/data"' });

/** The name of an environment variable. Kubernetes allows more, but programs don't. */
export const variableName = () =>
  z
    .string()
    .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/u, { error: "expected the name of an environment variable" });
