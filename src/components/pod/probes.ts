import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { duration, mountPath, portName, portNumber, secondsOf, text } from "../fields.ts";

const port = () => z.union([portName(), portNumber()]);

const probeTiming = lazily(() => ({
  every: duration().optional().meta({ description: "Time between two questions (10s)." }),
  timeout: duration().optional().meta({ description: "Time for an answer (1s)." }),
  failures: z.int().min(1).optional().meta({ description: "Failures in a row that count (3)." }),
  delay: duration().optional().meta({ description: "Time before the first question (0)." }),
}));

const probeOptions = lazily(
  () =>
    [
      mountPath(),
      z.strictObject({
        http: mountPath(),
        port: port().optional(),
        scheme: z.enum(["HTTP", "HTTPS"]).optional(),
        ...probeTiming(),
      }),
      z.strictObject({ tcp: port(), ...probeTiming() }),
      z.strictObject({ exec: z.array(text()).min(1), ...probeTiming() }),
    ] as const,
);

const expectedProbe = 'expected a path ("/health"), { http, port }, { tcp } or { exec }';

/** One probe: `"/health"`, `{ http: "/health", port: "http" }`, `{ tcp: "http" }`, `{ exec: ["pg_isready"] }`. */
const probe = () => z.union(probeOptions(), { error: expectedProbe });

export type ProbeSpec = z.output<ReturnType<typeof probe>>;

export const probesField = () =>
  z
    .union(
      [
        mountPath(),
        z.strictObject({
          readiness: z
            .union([...probeOptions(), z.literal(false)], { error: `${expectedProbe}, or false` })
            .optional(),
          liveness: probe().optional(),
          startup: probe().optional(),
        }),
      ],
      { error: 'expected a path for readiness ("/health"), or { readiness, liveness, startup }' },
    )
    .optional()
    .meta({ description: "When it is ready, alive, started." });

export type ProbesSpec = z.output<ReturnType<typeof probesField>>;

export interface RenderedProbes {
  readinessProbe?: object;
  livenessProbe?: object;
  startupProbe?: object;
}

/**
 * Without a readiness probe a pod counts as ready before its program listens, and a rolling update then loses requests: the first port
 * is asked by TCP unless the user says otherwise.
 */
export function renderProbes(spec: ProbesSpec, firstPort: string | undefined): RenderedProbes {
  const probes = typeof spec === "string" ? { readiness: spec } : (spec ?? {});
  const fallback = firstPort === undefined ? undefined : { tcp: firstPort };
  const readiness = probes.readiness === false ? undefined : (probes.readiness ?? fallback);
  return {
    ...(readiness && { readinessProbe: renderProbe(readiness, firstPort) }),
    ...(probes.liveness && { livenessProbe: renderProbe(probes.liveness, firstPort) }),
    ...(probes.startup && { startupProbe: renderProbe(probes.startup, firstPort) }),
  };
}

function renderProbe(spec: ProbeSpec, firstPort: string | undefined): object {
  if (typeof spec === "string") return { httpGet: { path: spec, port: firstPort ?? "http" } };
  const timing = {
    periodSeconds: spec.every === undefined ? undefined : Math.max(1, secondsOf(spec.every)),
    timeoutSeconds: spec.timeout === undefined ? undefined : Math.max(1, secondsOf(spec.timeout)),
    failureThreshold: spec.failures,
    initialDelaySeconds: spec.delay === undefined ? undefined : secondsOf(spec.delay),
  };
  if ("http" in spec)
    return {
      httpGet: { path: spec.http, port: spec.port ?? firstPort ?? "http", scheme: spec.scheme },
      ...timing,
    };
  if ("tcp" in spec) return { tcpSocket: { port: spec.tcp }, ...timing };
  return { exec: { command: spec.exec }, ...timing };
}

/** Names of ports that probes ask, to be checked against the ports that there are. */
export function probedPorts(spec: ProbesSpec): string[] {
  if (spec === undefined || typeof spec === "string") return [];
  return [spec.readiness, spec.liveness, spec.startup].flatMap((one) => {
    if (one === undefined || one === false || typeof one === "string") return [];
    const asked = "http" in one ? one.port : "tcp" in one ? one.tcp : undefined;
    return typeof asked === "string" ? [asked] : [];
  });
}
